"""What reconcile does about executions that ended without a mail about their outcome."""

from datetime import timedelta
from typing import Any

import pytest
from fakes.deployment_in_memory import DEPLOY, DRAW, PREPARE, TRAIN, TRAINING, DeploymentInMemory
from fakes.films_in_memory import run_of

from onmodel.contracts.deployments import DeploymentStatus
from onmodel.contracts.film_rows import RunBody, RunStatus
from onmodel.contracts.keys import accepted_settings_key, execution_arn
from onmodel.contracts.rows import (
    ApprovalBody,
    ApprovalStatus,
    DatasetBody,
    DatasetStatus,
    GenerationBody,
    GenerationStatus,
    StoryboardBody,
    StoryboardStatus,
)
from onmodel.contracts.settings import Settings, TrainingSettings
from onmodel.contracts.stack_rows import TombstoneBody, TombstoneStatus
from onmodel.errors import ServiceError, ServiceUnavailable
from onmodel.notifications.outcomes import outcome_of
from onmodel.registry.kinds import (
    APPROVALS,
    DATASETS,
    GENERATIONS,
    RUNS,
    STORYBOARDS,
    TOMBSTONES,
    TRAININGS,
)

RUN = run_of()
GENERATION = {
    "production": "bunny", "generation_id": "g0001", "attempt": 1, "correlation_id": "upload-1",
}  # fmt: skip
STORYBOARD = {
    "production": "bunny", "storyboard_key": "bunny/storyboards/forest.yaml",
    "storyboard_version": "v-1", "deployment_id": None, "correlation_id": "upload-2",
}  # fmt: skip


NOT_DRAWN = "ALARM: the storyboard bunny/storyboards/forest.yaml was not drawn"


@pytest.fixture
def studio() -> DeploymentInMemory:
    return DeploymentInMemory()


def end(
    studio: DeploymentInMemory, machine: str, payload: dict[str, Any], name: str = "one"
) -> str:
    """An execution that ended without success."""
    studio.executions.start(machine, name, payload)
    arn = execution_arn(machine, name)
    studio.executions.fail(arn)  # type: ignore[attr-defined]
    return arn


def subjects(studio: DeploymentInMemory) -> list[str]:
    return [mail.subject for mail in studio.mailbox.mails]


def film(studio: DeploymentInMemory, status: RunStatus, **fields: Any) -> None:
    body = RunBody(run=RUN, execution_arn="arn:one", **fields)
    RUNS.create(studio.registry, "bunny", RUN.run_id, status=status, body=body, now=studio.clock())


def test_film_when_its_execution_ended_before_the_claim_then_notified_once(
    studio: DeploymentInMemory,
) -> None:
    arn = end(studio, PREPARE, {"run": RUN.model_dump(mode="json")})
    assert studio.reconcile().notified == ("PrepareFilm:one",)
    assert studio.reconcile().notified == ()
    assert subjects(studio) == ["ALARM: the film a.mp4 was not prepared"]
    assert outcome_of(arn, production="bunny", registry=studio.registry) == "alarm"


def test_film_when_its_production_was_deleted_since_then_nothing_is_written(
    studio: DeploymentInMemory,
) -> None:
    """Who deletes a production stops its executions first."""
    end(studio, PREPARE, {"run": RUN.model_dump(mode="json")})
    studio.clock.advance(minutes=1)
    deletion(studio, TombstoneStatus.DELETING)
    assert studio.reconcile().notified == ()
    deletion(studio, TombstoneStatus.DELETED)
    assert studio.reconcile().notified == ()
    assert studio.mailbox.mails == []
    studio.clock.advance(minutes=1)
    end(studio, PREPARE, {"run": RUN.model_dump(mode="json")}, "begun-anew")
    assert studio.reconcile().notified == ("PrepareFilm:begun-anew",)


def deletion(studio: DeploymentInMemory, status: TombstoneStatus) -> None:
    now = studio.clock()
    body = TombstoneBody(
        name="bunny", parts=(), cache_expires_at=now, last_generation=0, last_take=0,
        deleted_at=now if status == TombstoneStatus.DELETED else None,
    )  # fmt: skip
    TOMBSTONES.put(studio.registry, "bunny", "now", status=status, body=body, now=now)


def test_film_when_refused_and_its_mail_was_never_sent_then_sent(
    studio: DeploymentInMemory,
) -> None:
    film(studio, RunStatus.REFUSED, reason="no video", advice="Export it again")
    end(studio, PREPARE, {"run": RUN.model_dump(mode="json")})
    assert studio.reconcile().notified
    assert subjects(studio) == ["a.mp4 could not be used"]


def test_film_when_uploaded_again_meanwhile_then_left_to_the_new_execution(
    studio: DeploymentInMemory,
) -> None:
    film(studio, RunStatus.RUNNING)
    (row,) = RUNS.list_all(studio.registry)
    studio.executions.start(PREPARE, "two", {})
    RUNS.replace(studio.registry, row.with_holder(execution_arn(PREPARE, "two")), studio.clock())
    end(studio, PREPARE, {"run": RUN.model_dump(mode="json")})
    assert studio.reconcile().notified == ()


def closed(studio: DeploymentInMemory, attempt: int = 1) -> None:
    """A generation with a dataset whose TrainModel has no outcome yet."""
    body = GenerationBody(
        attempt=attempt,
        runs=(RUN.run_id,),
        last_prepared_at=studio.clock(),
        correlation_id="upload-1",
        dataset_id="d0009-00000000",
    )
    GENERATIONS.create(
        studio.registry, "bunny", "g0001", status=GenerationStatus.CLOSED, body=body,
        now=studio.clock(),
    )  # fmt: skip
    DATASETS.create(
        studio.registry, "bunny", "d0009-00000000", status=DatasetStatus.ASSEMBLED,
        body=DatasetBody(
            generation_id="g0001", correlation_id="upload-1", pictures=1, named={}, films=(),
            to_caption_key="k", captions_needed=0,
        ),
        now=studio.clock(),
    )  # fmt: skip


def test_training_when_its_generation_was_closed_then_notified_and_tried_again(
    studio: DeploymentInMemory,
) -> None:
    closed(studio)
    end(studio, TRAIN, {"generation": GENERATION}, "bunny-g0001-1")
    assert studio.reconcile().notified == ("TrainModel:bunny-g0001-1",)
    assert subjects(studio) == ["Training of bunny could not be started"]
    assert "It is tried again automatically" in studio.mailbox.mails[0].body
    assert studio.executions.is_running(execution_arn(TRAIN, "bunny-g0001-2"))
    assert studio.reconcile().notified == ()


def test_training_when_tried_four_times_then_only_notified(studio: DeploymentInMemory) -> None:
    closed(studio, attempt=4)
    end(studio, TRAIN, {"generation": GENERATION | {"attempt": 4}}, "bunny-g0001-4")
    assert studio.reconcile().notified
    assert "onmodel train --production bunny" in studio.mailbox.mails[0].body
    assert not studio.executions.is_running(execution_arn(TRAIN, "bunny-g0001-5"))


def test_training_when_only_a_person_starts_it_then_says_so(studio: DeploymentInMemory) -> None:
    settings = Settings(training=TrainingSettings(automatic=False)).model_dump_json()
    studio.studio.put(accepted_settings_key("bunny"), settings.encode(), "application/json")
    closed(studio)
    end(studio, TRAIN, {"generation": GENERATION}, "bunny-g0001-1")
    assert studio.reconcile().notified
    assert "onmodel train --production bunny" in studio.mailbox.mails[0].body


def test_training_when_it_began_before_the_end_then_its_own_mail(
    studio: DeploymentInMemory,
) -> None:
    closed(studio)
    training = studio.training
    TRAININGS.replace(
        studio.registry, training.with_fields(dataset_id="d0009-00000000"), studio.clock()
    )
    end(studio, TRAIN, {"generation": GENERATION}, "bunny-g0001-1")
    assert studio.reconcile().notified
    assert subjects(studio) == ["Training of bunny has started"]


def asked(
    studio: DeploymentInMemory,
    arn: str,
    status: ApprovalStatus,
    subject: str,
    **fields: Any,
) -> None:
    body = ApprovalBody(
        purpose="deployment", subject_id=subject, usd=181.5, task_token="task-1",
        execution_arn=arn, expires_at=studio.clock() + timedelta(days=7),
        correlation_id="upload-2", decided_at=studio.clock(),
    ).model_copy(update=fields)  # fmt: skip
    APPROVALS.create(
        studio.registry, "bunny", "0123456789abcdef", status=status, body=body, now=studio.clock()
    )


def test_storyboard_when_approved_and_not_handed_over_then_deployed_for_once(
    studio: DeploymentInMemory,
) -> None:
    studio.trainer.complete(studio.job)
    studio.claim()
    arn = end(studio, DRAW, {"request": STORYBOARD}, "forest-1")
    asked(studio, arn, ApprovalStatus.APPROVED, "forest")
    assert studio.reconcile().notified == ("DrawStoryboard:forest-1",)
    started = studio.executions.payloads[execution_arn(DEPLOY, "forest-1")]  # type: ignore[attr-defined]
    assert started["request"] | {"hours": None, "job_arn": None} == {
        "production": "bunny", "training_id": TRAINING, "retire_after_drawing": True,
        "storyboard_key": "bunny/storyboards/forest.yaml", "storyboard_version": "v-1",
        "correlation_id": "upload-2", "hours": None, "job_arn": None,
    }  # fmt: skip
    assert studio.reconcile().notified == ()


def test_storyboard_when_its_deployment_was_approved_then_that_model_for_these_hours(
    studio: DeploymentInMemory,
) -> None:
    """Since the question another model was trained, and settings wish for a whole day."""
    studio.trainer.complete(studio.job)
    studio.claim()
    arn = end(studio, DRAW, {"request": STORYBOARD}, "forest-1")
    asked(studio, arn, ApprovalStatus.APPROVED, "forest", training_id="d0000-00000000", hours=1.5)
    assert studio.reconcile().notified
    started = studio.executions.payloads[execution_arn(DEPLOY, "forest-1")]  # type: ignore[attr-defined]
    assert started["request"]["training_id"] == "d0000-00000000"
    assert started["request"]["hours"] == 1.5


def test_storyboard_when_a_drawing_was_approved_then_notified_and_nothing_is_deployed(
    studio: DeploymentInMemory,
) -> None:
    """A job was to draw it for a few dollars; a deployment is other money."""
    studio.trainer.complete(studio.job)
    studio.claim()
    arn = end(studio, DRAW, {"request": STORYBOARD}, "forest-1")
    asked(studio, arn, ApprovalStatus.APPROVED, "forest", purpose="drawing")
    assert studio.reconcile().notified == ("DrawStoryboard:forest-1",)
    assert execution_arn(DEPLOY, "forest-1") not in studio.executions.payloads  # type: ignore[attr-defined]
    assert subjects(studio) == [NOT_DRAWN]


def test_storyboard_when_declined_and_its_mail_was_never_sent_then_sent(
    studio: DeploymentInMemory,
) -> None:
    arn = end(studio, DRAW, {"request": STORYBOARD}, "forest-1")
    asked(studio, arn, ApprovalStatus.DECLINED, "forest")
    assert studio.reconcile().notified
    assert subjects(studio) == ["The deployment of bunny was declined"]


@pytest.mark.parametrize(
    ("status", "subject"),
    [
        (StoryboardStatus.DRAWN, "Storyboard Forest of bunny is drawn: 2 panels"),
        (StoryboardStatus.DRAWING, NOT_DRAWN),
    ],
)
def test_storyboard_when_its_execution_ended_then_notified(
    studio: DeploymentInMemory, status: StoryboardStatus, subject: str
) -> None:
    arn = end(studio, DRAW, {"request": STORYBOARD}, "forest-1")
    body = StoryboardBody(
        name="forest", take=1, deployment_id=f"{TRAINING}-1", correlation_id="upload-2",
        title="Forest", panels=2, drawn=2,
    )  # fmt: skip
    STORYBOARDS.create(
        studio.registry, "bunny", "forest-1", status=status, body=body, now=studio.clock(),
        holder=arn,
    )  # fmt: skip
    assert studio.reconcile().notified
    assert subjects(studio) == [subject]


def test_storyboard_when_deploy_model_asked_for_it_then_left_to_its_mail(
    studio: DeploymentInMemory,
) -> None:
    request = STORYBOARD | {"deployment_id": f"{TRAINING}-1"}
    end(studio, DRAW, {"request": request})
    assert studio.reconcile().notified == ()


def test_deployment_when_planned_and_its_failure_was_never_sent_then_sent(
    studio: DeploymentInMemory,
) -> None:
    studio.trainer.complete(studio.job)
    arn = end(studio, DEPLOY, {"request": {"job_arn": studio.job}})
    studio.schedule(studio.claim(arn), arn)
    assert studio.reconcile().notified == ("DeployModel:one",)
    assert subjects(studio)[-1] == "The model of bunny could not be deployed"


def test_deployment_when_the_model_was_ready_then_nothing_is_said(
    studio: DeploymentInMemory,
) -> None:
    studio.trainer.complete(studio.job)
    arn = execution_arn(DEPLOY, "one")
    studio.schedule(studio.claim(arn), arn)
    studio.provision()
    (ref,) = studio.trainer.deployments
    studio.trainer.move(ref, DeploymentStatus.IN_SERVICE)
    studio.check()
    studio.notify("model_ready", f"{TRAINING}-1")
    end(studio, DEPLOY, {"request": {"job_arn": studio.job}})
    assert studio.reconcile().notified == ()


@pytest.mark.parametrize(
    ("key", "subject"),
    [
        (None, f"ALARM: the model {TRAINING} was not deployed"),
        (
            "bunny/storyboards/forest.yaml",
            "ALARM: the storyboard bunny/storyboards/forest.yaml was not drawn",
        ),
    ],
)
def test_deployment_when_a_person_wished_it_and_nothing_was_planned_then_notified(
    studio: DeploymentInMemory, key: str | None, subject: str
) -> None:
    wish = {"production": "bunny", "training_id": TRAINING, "storyboard_key": key}
    end(studio, DEPLOY, {"request": wish})
    assert studio.reconcile().notified
    assert subjects(studio) == [subject]


@pytest.mark.parametrize("machine", [PREPARE, TRAIN, DEPLOY, DRAW])
def test_execution_when_a_person_started_it_with_another_input_then_left(
    studio: DeploymentInMemory, machine: str
) -> None:
    end(studio, machine, {"by": "hand"})
    assert studio.reconcile().notified == ()


def test_execution_when_it_ended_days_ago_then_left(studio: DeploymentInMemory) -> None:
    end(studio, PREPARE, {"run": RUN.model_dump(mode="json")})
    studio.clock.advance(hours=25)
    assert studio.reconcile().notified == ()


def test_execution_when_no_mail_could_be_sent_for_days_then_notified_when_one_can(
    studio: DeploymentInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_arguments: str) -> None:
        raise ServiceUnavailable("nothing answers")

    assert studio.reconcile().notified == ()
    end(studio, PREPARE, {"run": RUN.model_dump(mode="json")})
    with monkeypatch.context() as patched:
        patched.setattr(studio.mailbox, "publish", down)
        for _ in range(4):
            studio.clock.advance(hours=20)
            with pytest.raises(ServiceError):
                studio.reconcile()
    assert studio.reconcile().notified == ("PrepareFilm:one",)
    assert subjects(studio) == ["ALARM: the film a.mp4 was not prepared"]


@pytest.mark.parametrize(
    ("is_planned", "advice"),
    [(False, "if it cannot be drawn, a mail says why"), (True, "that were drawn are kept")],
)
def test_storyboard_when_stopped_while_it_was_refused_then_another_upload_says_why(
    studio: DeploymentInMemory, is_planned: bool, advice: str
) -> None:
    arn = end(studio, DRAW, {"request": STORYBOARD}, "forest-1")
    if is_planned:
        body = StoryboardBody(
            name="forest", take=1, correlation_id="upload-2", title="Forest", panels=2
        )
        STORYBOARDS.create(
            studio.registry, "bunny", "forest-1", status=StoryboardStatus.DRAWING, body=body,
            now=studio.clock(), holder=arn,
        )  # fmt: skip
    assert studio.reconcile().notified
    (mail,) = studio.mailbox.mails
    assert mail.subject == NOT_DRAWN
    assert advice in " ".join(mail.body.split())
