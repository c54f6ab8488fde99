from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from fakes.deployment_in_memory import DEPLOY, DRAW, PREPARE, RETIRE, TRAINING, DeploymentInMemory
from fakes.detectors import MODEL
from fakes.films_in_memory import run_of
from fakes.tombstones import begin_to_delete
from fakes.trainer import InMemoryTrainer

from onmodel.contracts.deployments import DeploymentSpec, DeploymentStatus
from onmodel.contracts.detectors import DetectorLease
from onmodel.contracts.film_rows import RunBody, RunStatus
from onmodel.contracts.keys import accepted_settings_key, execution_arn
from onmodel.contracts.operations import OurResource, Reconciled, ResourceKind
from onmodel.contracts.rows import (
    ApprovalBody,
    ApprovalStatus,
    GenerationBody,
    GenerationStatus,
    Kind,
)
from onmodel.contracts.settings import Settings, TrainingSettings
from onmodel.contracts.trainings import TrainingStatus
from onmodel.deployments.deletion import allow_deletion
from onmodel.errors import AccessDenied, ServiceError, ServiceUnavailable
from onmodel.films.detectors import take_lease
from onmodel.films.places import places_of, take_place
from onmodel.ports.machines import EndedExecution
from onmodel.ports.registry import Record
from onmodel.registry.kinds import (
    APPROVALS,
    DEPLOYMENTS,
    GENERATIONS,
    RUNS,
    TOMBSTONES,
    HumanLoopRow,
)
from onmodel.registry.rows import BodyT, Rows, StatusT
from onmodel.steps.ended_human_loops import OpenHumanLoops
from onmodel.steps.reconcile import Reconcile


def started(studio: DeploymentInMemory) -> list[str]:
    """`<machine>:<name>` of every execution."""
    return [arn.split(":execution:")[1] for arn in studio.executions.payloads]  # type: ignore[attr-defined]


@pytest.fixture
def studio() -> DeploymentInMemory:
    return DeploymentInMemory()


def serve(studio: DeploymentInMemory) -> None:
    """In service, told, its DeployModel over."""
    studio.creating()
    (ref,) = studio.trainer.deployments
    studio.trainer.move(ref, DeploymentStatus.IN_SERVICE)
    studio.check()
    studio.notify("model_ready", f"{TRAINING}-1")


def test_reconcile_when_all_is_well_then_nothing_is_started(studio: DeploymentInMemory) -> None:
    assert studio.reconcile() == Reconciled()
    serve(studio)
    assert studio.reconcile() == Reconciled()
    assert started(studio) == []


def test_reconcile_when_the_jobs_event_was_missed_then_deployed_once(
    studio: DeploymentInMemory,
) -> None:
    studio.trainer.complete(studio.job)
    assert studio.reconcile().deployed == (f"bunny/{TRAINING}",)
    assert studio.reconcile().deployed == ()  # the first one runs
    assert started(studio) == [f"DeployModel:reconcile-bunny-{TRAINING}-1"]
    payload = next(iter(studio.executions.payloads.values()))  # type: ignore[attr-defined]
    assert payload == {"request": {"job_arn": studio.job, "correlation_id": "upload-1"}}


def test_reconcile_when_what_it_started_died_then_started_under_the_next_name(
    studio: DeploymentInMemory,
) -> None:
    studio.trainer.complete(studio.job)
    studio.reconcile()
    studio.executions.finish(execution_arn(DEPLOY, f"reconcile-bunny-{TRAINING}-1"))  # type: ignore[attr-defined]
    assert studio.reconcile().deployed
    assert started(studio)[-1] == f"DeployModel:reconcile-bunny-{TRAINING}-2"


def test_reconcile_when_training_failed_and_nobody_was_told_then_told_by_the_machine(
    studio: DeploymentInMemory,
) -> None:
    studio.trainer.end(studio.job, TrainingStatus.FAILED)
    studio.claim()
    studio.clock.advance(minutes=6)
    assert studio.reconcile().deployed
    studio.notify("training_failed", TRAINING)
    studio.executions.finish(execution_arn(DEPLOY, f"reconcile-bunny-{TRAINING}-1"))  # type: ignore[attr-defined]
    assert not studio.reconcile().deployed


def test_reconcile_when_an_old_training_was_never_deployed_then_left_to_a_person(
    studio: DeploymentInMemory,
) -> None:
    studio.trainer.complete(studio.job)
    studio.claim()
    studio.clock.advance(hours=25)
    assert studio.reconcile() == Reconciled()


def test_reconcile_when_overdue_then_retired(studio: DeploymentInMemory) -> None:
    serve(studio)
    studio.clock.advance(hours=2, seconds=1)
    assert studio.reconcile().retired == (f"bunny/{TRAINING}-1",)
    assert started(studio) == [f"RetireModel:bunny-{TRAINING}-1-1"]


@pytest.mark.parametrize(("seconds", "retired"), [(-1, ()), (0, (f"bunny/{TRAINING}-1",))])
def test_reconcile_when_about_to_be_overdue_then_retired_from_that_second_on(
    studio: DeploymentInMemory, seconds: int, retired: tuple[str, ...]
) -> None:
    serve(studio)
    studio.clock.now = studio.deployment().body.retires_at + timedelta(seconds=seconds)
    assert studio.reconcile().retired == retired


@pytest.mark.parametrize(
    ("age", "is_followed_up"),
    [
        (timedelta(minutes=4, seconds=59), False),
        (timedelta(minutes=5), True),
        (timedelta(hours=24), True),
        (timedelta(hours=24, seconds=1), False),
    ],
)
def test_reconcile_when_an_end_was_not_told_then_retired_again_within_a_day(
    studio: DeploymentInMemory, age: timedelta, is_followed_up: bool
) -> None:
    serve(studio)
    studio.stop()
    studio.bill()
    studio.clock.now += age
    expected = (f"bunny/{TRAINING}-1",) if is_followed_up else ()
    assert studio.reconcile().retired == expected


def test_reconcile_when_an_end_was_told_then_left_alone(studio: DeploymentInMemory) -> None:
    serve(studio)
    studio.stop()
    studio.bill()
    studio.notify("retired", f"{TRAINING}-1")
    studio.clock.advance(minutes=5)
    assert studio.reconcile() == Reconciled()


@pytest.mark.parametrize(
    ("age", "is_deployed"),
    [
        (timedelta(minutes=4, seconds=59), False),
        (timedelta(minutes=5), True),
        (timedelta(hours=23, minutes=59, seconds=59), True),
        (timedelta(hours=24), False),
    ],
)
def test_reconcile_when_a_completed_training_was_not_deployed_then_deployed_within_a_day(
    studio: DeploymentInMemory, age: timedelta, is_deployed: bool
) -> None:
    studio.trainer.complete(studio.job)
    studio.claim()
    studio.clock.now += age
    assert studio.reconcile().deployed == ((f"bunny/{TRAINING}",) if is_deployed else ())


@pytest.mark.parametrize(
    ("status", "is_deployed"),
    [
        (ApprovalStatus.DECLINED, False),
        (ApprovalStatus.WITHDRAWN, False),
        (ApprovalStatus.EXPIRED, True),  # in time, but its execution had ended
        (ApprovalStatus.PENDING, True),
        (ApprovalStatus.APPROVED, True),
    ],
)
def test_reconcile_when_the_deployment_was_asked_about_then_started_unless_refused(
    studio: DeploymentInMemory, status: ApprovalStatus, is_deployed: bool
) -> None:
    studio.trainer.complete(studio.job)
    studio.claim()
    body = ApprovalBody(
        purpose="deployment",
        subject_id=TRAINING,
        usd=242.0,
        task_token="token-1",
        expires_at=studio.clock() + timedelta(days=7),
        correlation_id="upload-1",
    )
    APPROVALS.create(
        studio.registry, "bunny", "asked", status=status, body=body, now=studio.clock()
    )
    studio.clock.advance(minutes=6)
    assert bool(studio.reconcile().deployed) is is_deployed


def test_reconcile_when_retirement_is_at_work_then_left_alone(studio: DeploymentInMemory) -> None:
    serve(studio)
    studio.executions.start(RETIRE, "by-schedule", {})
    studio.stop()
    holder = execution_arn(RETIRE, "by-schedule")
    held = studio.deployment().with_holder(holder)
    DEPLOYMENTS.replace(studio.registry, held, studio.clock())
    studio.clock.advance(hours=5)
    assert studio.reconcile() == Reconciled()
    studio.executions.finish(holder)  # type: ignore[attr-defined]
    assert studio.reconcile().retired


def test_reconcile_when_deleted_by_a_colleague_then_billed_and_told(
    studio: DeploymentInMemory,
) -> None:
    serve(studio)
    studio.trainer.deployments.clear()
    assert studio.reconcile().retired == (f"bunny/{TRAINING}-1",)


def test_reconcile_when_something_of_ours_is_unknown_then_written_down_and_retired(
    studio: DeploymentInMemory,
) -> None:
    studio.trainer.models.add("model/x")
    ref = studio.trainer.provision(
        DeploymentSpec(production="bunny", deployment_id="lost-1", model_ref="model/x")
    )
    assert studio.reconcile() == Reconciled()  # its row may only be late
    studio.clock.advance(minutes=6)
    assert studio.reconcile().adopted == (ref,)
    (row,) = DEPLOYMENTS.list(studio.registry, "main")
    assert row.body.deployment_ref == ref
    assert started(studio) == [f"RetireModel:main-{row.id}-1"]


@pytest.mark.parametrize("has_reference", [True, False])
def test_reconcile_when_what_bills_has_a_live_row_then_not_adopted(
    studio: DeploymentInMemory, has_reference: bool
) -> None:
    """A row whose provisioning failed has no reference: it is found by its id."""
    serve(studio)
    if not has_reference:
        unnamed = studio.deployment().with_fields(deployment_ref=None)
        DEPLOYMENTS.replace(studio.registry, unnamed, studio.clock())
    studio.clock.advance(minutes=6)
    assert studio.reconcile() == Reconciled()


@pytest.mark.parametrize("has_reference", [True, False])
def test_reconcile_when_the_live_row_is_listed_late_then_not_adopted(
    studio: DeploymentInMemory, monkeypatch: pytest.MonkeyPatch, has_reference: bool
) -> None:
    """The index that lists all rows may be behind the rows."""
    serve(studio)
    if not has_reference:
        row = studio.deployment().with_fields(deployment_ref=None)
        DEPLOYMENTS.replace(studio.registry, row, studio.clock())
    studio.clock.advance(minutes=6)
    list_all = studio.registry.list_all

    def behind(kind: Kind) -> Iterator[Record]:
        if kind == Kind.DEPLOYMENT:
            monkeypatch.setattr(studio.registry, "list_all", list_all)
            return iter(())
        return iter(list_all(kind))

    monkeypatch.setattr(studio.registry, "list_all", behind)
    assert studio.reconcile() == Reconciled()
    assert not list(studio.registry.list("main", Kind.DEPLOYMENT))


def test_reconcile_when_a_retired_deployment_bills_again_then_retired_under_its_own_row(
    studio: DeploymentInMemory,
) -> None:
    serve(studio)
    standing = dict(studio.trainer.deployments)
    studio.stop()
    studio.bill()
    studio.notify("retired", f"{TRAINING}-1")
    studio.trainer.deployments = standing
    studio.clock.advance(minutes=6)
    assert studio.reconcile() == Reconciled(adopted=tuple(standing))
    assert started(studio) == [f"RetireModel:bunny-{TRAINING}-1-1"]
    assert not list(DEPLOYMENTS.list(studio.registry, "main"))


class Down(InMemoryTrainer):
    def list_ours(self, *kinds: ResourceKind) -> tuple[OurResource, ...]:
        raise ServiceUnavailable("nothing answers")


def test_reconcile_when_one_part_fails_then_the_others_work_and_it_is_said() -> None:
    studio = DeploymentInMemory(Down())
    studio.trainer.complete(studio.job)
    with pytest.raises(ServiceError, match="nothing answers"):
        studio.reconcile()
    assert started(studio) == [f"DeployModel:reconcile-bunny-{TRAINING}-1"]


@pytest.mark.parametrize("kind", [Kind.DEPLOYMENT, Kind.RUN, Kind.APPROVAL])
def test_reconcile_when_a_row_is_damaged_then_everything_else_works_and_it_is_said(
    studio: DeploymentInMemory, kind: Kind
) -> None:
    serve(studio)
    damaged = Record(
        production="another", kind=kind, id="a", status="running", holder=None, revision=0,
        created_at=studio.clock(), updated_at=studio.clock(), body={"no": "body"},
    )  # fmt: skip
    studio.registry.create(damaged)
    end_storyboard(studio, "bunny")
    studio.clock.advance(hours=3)
    with pytest.raises(ServiceError, match=f"{kind} a of production another cannot be read"):
        studio.reconcile()
    assert [name.split(":")[0] for name in started(studio)] == ["DrawStoryboard", "RetireModel"]
    assert [mail.subject for mail in studio.mailbox.mails[1:]] == [
        "ALARM: a storyboard was not drawn"
    ]


def test_reconcile_when_it_always_fails_for_one_execution_then_later_ones_are_notified(
    studio: DeploymentInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    end_storyboard(studio, "poison")
    studio.clock.advance(minutes=1)
    end_storyboard(studio, "bunny")
    listed = studio.registry.list

    def fails_for_one(production: str, kind: str) -> Iterator[Record]:
        if production == "poison":
            raise KeyError("a fault of ours")
        return listed(production, kind)

    monkeypatch.setattr(studio.registry, "list", fails_for_one)
    with pytest.raises(ServiceError, match="KeyError: 'a fault of ours'"):
        studio.reconcile()
    assert [mail.subject for mail in studio.mailbox.mails] == ["ALARM: a storyboard was not drawn"]


def test_reconcile_when_a_fault_stays_then_two_weeks_are_looked_at_and_mails_say_what_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    studio = DeploymentInMemory(Down())
    asked: list[timedelta] = []
    unsuccessful = studio.executions.unsuccessful

    def noted(machine_arn: str, since: datetime) -> Iterator[EndedExecution]:
        asked.append(studio.clock() - since)
        return unsuccessful(machine_arn, since)

    monkeypatch.setattr(studio.executions, "unsuccessful", noted)
    for _ in range(20):
        with pytest.raises(ServiceError, match="nothing answers"):
            studio.reconcile()
        studio.clock.advance(days=1)
    assert asked[::4][:2] == [timedelta(days=1), timedelta(days=2)]
    assert max(asked) == timedelta(days=14)
    mails = studio.mailbox.mails
    assert [mail.subject for mail in mails[:2]] == [
        "ALARM: reconcile has not done everything for 1 day",
        "ALARM: reconcile has not done everything for 2 days",
    ]
    assert len(mails) == 19
    assert "nothing answers" in mails[0].body
    assert "is not looked at any more" in " ".join(mails[-1].body.split())


def test_reconcile_when_it_works_again_after_a_month_then_a_mail_says_what_was_left_out(
    studio: DeploymentInMemory,
) -> None:
    studio.reconcile()
    studio.clock.advance(days=30)
    studio.reconcile()
    studio.clock.advance(minutes=15)
    studio.reconcile()
    assert [mail.subject for mail in studio.mailbox.mails] == [
        "ALARM: reconcile has not done everything for 30 days"
    ]


def end_storyboard(studio: DeploymentInMemory, production: str) -> None:
    """A DrawStoryboard that ended without a result."""
    request = {"production": production, "correlation_id": f"upload-{production}"}
    studio.executions.start(DRAW, production, {"request": request})
    studio.executions.fail(execution_arn(DRAW, production))  # type: ignore[attr-defined]


def put(
    studio: DeploymentInMemory,
    rows: Rows[BodyT, StatusT],
    id_: str,
    status: StatusT,
    body: BodyT,
    holder: str,
) -> None:
    rows.create(
        studio.registry, "bunny", id_, status=status, body=body, now=studio.clock(), holder=holder
    )


def test_reconcile_when_a_films_run_died_then_told_and_free_again(
    studio: DeploymentInMemory,
) -> None:
    run = run_of()
    body = RunBody(run=run, execution_arn="dead")
    put(studio, RUNS, run.run_id, RunStatus.RUNNING, body, "dead")
    assert studio.reconcile().released == (f"bunny/{run.run_id}",)
    assert studio.reconcile().released == ()
    record = RUNS.require(studio.registry, "bunny", run.run_id)
    assert (record.status, record.holder) == (RunStatus.FAILED, None)
    assert len(studio.mailbox.mails) == 1
    assert "a.mp4" in studio.mailbox.mails[0].subject


def prepared(studio: DeploymentInMemory, crops: int = 3) -> str:
    """A film whose run ended well; answers its run."""
    run = run_of()
    body = RunBody(run=run, execution_arn="done", crops_kept=crops)
    put(studio, RUNS, run.run_id, RunStatus.PREPARED, body, "done")
    return run.run_id


def test_reconcile_when_film_prepared_was_lost_then_collected_once(
    studio: DeploymentInMemory,
) -> None:
    run = prepared(studio)
    assert studio.reconcile().collected == ()  # its event may only be late
    studio.clock.advance(minutes=5)
    assert studio.reconcile().collected == (f"bunny/{run}",)
    (record,) = GENERATIONS.list(studio.registry, "bunny")
    assert record.body.runs == (run,)
    assert started(studio) == ["TrainModel:bunny-g0001-1"]
    assert studio.reconcile() == Reconciled()


@pytest.mark.parametrize(("crops", "hours"), [(3, 24), (0, 1)], ids=["old", "empty"])
def test_reconcile_when_a_prepared_film_is_old_or_empty_then_left_alone(
    studio: DeploymentInMemory, crops: int, hours: int
) -> None:
    prepared(studio, crops)
    studio.clock.advance(hours=hours)
    assert studio.reconcile() == Reconciled()


def test_reconcile_when_a_film_is_in_a_closed_generation_then_left_alone(
    studio: DeploymentInMemory,
) -> None:
    body = GenerationBody(
        attempt=1,
        runs=(prepared(studio),),
        last_prepared_at=studio.clock(),
        correlation_id="upload-1",
    )
    put(studio, GENERATIONS, "g0001", GenerationStatus.CLOSED, body, "done")
    studio.clock.advance(minutes=5)
    assert studio.reconcile() == Reconciled()


def test_reconcile_when_the_stack_is_deleted_then_begins_nothing_and_still_retires(
    studio: DeploymentInMemory,
) -> None:
    serve(studio)
    prepared(studio)
    allow_deletion(studio.registry, studio.clock)
    studio.clock.advance(hours=3)
    assert studio.reconcile() == Reconciled(retired=(f"bunny/{TRAINING}-1",))


def generation(studio: DeploymentInMemory) -> None:
    body = GenerationBody(
        attempt=1, runs=("r",), last_prepared_at=studio.clock(), correlation_id="upload-1"
    )
    put(studio, GENERATIONS, "g0001", GenerationStatus.OPEN, body, "dead")


def test_reconcile_when_a_generation_is_held_by_nobody_then_trained_after_its_quiet(
    studio: DeploymentInMemory,
) -> None:
    generation(studio)
    assert studio.reconcile().resumed == ()
    studio.clock.now += timedelta(minutes=16)
    assert studio.reconcile().resumed == ("bunny/g0001",)
    assert started(studio) == ["TrainModel:bunny-g0001-1"]


def test_reconcile_when_the_production_is_being_deleted_then_nothing_begins(
    studio: DeploymentInMemory,
) -> None:
    studio.trainer.complete(studio.job)
    generation(studio)
    studio.clock.advance(minutes=16)
    deleting = begin_to_delete(studio.registry, "bunny", studio.clock())
    assert studio.reconcile() == Reconciled()
    TOMBSTONES.delete(studio.registry, deleting)
    assert studio.reconcile() == Reconciled(
        deployed=(f"bunny/{TRAINING}",), resumed=("bunny/g0001",)
    )


def test_reconcile_when_a_custom_labels_model_cannot_be_stopped_then_a_mail_comes_each_hour(
    studio: DeploymentInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = DetectorLease(
        production="bunny", run_id="r", execution_arn="ended", until=studio.clock()
    )
    take_lease(studio.registry, MODEL, ended, was_started=True, clock=studio.clock)

    def denied(_model: str) -> None:
        raise AccessDenied("no right to stop it")

    monkeypatch.setattr(studio.detectors, "stop", denied)
    for _ in range(16):  # four hours
        with pytest.raises(ServiceError):
            studio.reconcile()
        studio.clock.advance(minutes=15)
    assert [mail.subject for mail in studio.mailbox.mails] == [
        f"ALARM: a Custom Labels model still bills {hours} after it was asked to stop"
        for hours in ("1 hour", "2 hours", "3 hours")
    ]
    assert MODEL in studio.mailbox.mails[0].body
    assert "aws rekognition stop-project-version" in studio.mailbox.mails[0].body


def test_reconcile_when_production_trains_by_hand_then_left_alone(
    studio: DeploymentInMemory,
) -> None:
    settings = Settings(training=TrainingSettings(automatic=False))
    studio.studio.put(
        accepted_settings_key("bunny"), settings.model_dump_json().encode(), "text/json"
    )
    generation(studio)
    studio.clock.now += timedelta(minutes=16)
    assert studio.reconcile() == Reconciled()


def test_reconcile_when_rows_have_statuses_of_newer_code_then_ended_in_time_all_the_same(
    studio: DeploymentInMemory,
) -> None:
    """After an update back, a deployment of an unknown status still ends when its time is up."""
    serve(studio)
    for kind in (Kind.DEPLOYMENT, Kind.TRAINING):
        for record in list(studio.registry.list("bunny", kind)):
            body = {**record.body, "field_of_newer_code": 1}
            studio.registry.replace(record.model_copy(update={"status": "resting", "body": body}))
    assert studio.reconcile() == Reconciled()
    studio.clock.advance(hours=3)
    assert studio.reconcile().retired == (f"bunny/{TRAINING}-1",)


def test_reconcile_when_an_execution_ended_with_its_place_then_freed(
    studio: DeploymentInMemory,
) -> None:
    run = run_of()
    take_place(studio.registry, run, "stopped by a person", at_once=1, clock=studio.clock)
    assert studio.reconcile().freed == ()  # an execution of this minute may not be listed yet
    studio.clock.advance(minutes=5)
    assert studio.reconcile().freed == ("main/films",)
    assert places_of(studio.registry).taken == ()
    assert studio.reconcile().freed == ()


def test_reconcile_when_films_come_all_the_time_then_a_dead_place_is_freed_all_the_same(
    studio: DeploymentInMemory,
) -> None:
    run = run_of()
    take_place(studio.registry, run, "stopped by a person", at_once=1, clock=studio.clock)
    for number in range(3):  # 500 films in a day are one each three minutes
        studio.clock.advance(minutes=3)
        film = run.model_copy(update={"run_id": f"film-{number}"})
        studio.executions.start(PREPARE, film.run_id, {})
        arn = execution_arn(PREPARE, film.run_id)
        take_place(studio.registry, film, arn, at_once=1, clock=studio.clock)
    assert studio.reconcile().freed == ("main/films",)
    places = places_of(studio.registry)
    assert (places.taken, len(places.waiting)) == ((), 3)


def test_reconcile_when_there_are_human_loops_then_they_are_looked_at_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Calls about hundreds of loops may take the time that the function has."""
    order: list[str] = []

    def notify_ended(_reconcile: Reconcile) -> tuple[str, ...]:
        order.append("notified")
        return ()

    def due(_loops: OpenHumanLoops, _listed: object) -> Iterator[HumanLoopRow]:
        order.append("human loops")
        yield from ()

    monkeypatch.setattr(Reconcile, "_notify_ended", notify_ended)
    monkeypatch.setattr(OpenHumanLoops, "due", due)
    assert DeploymentInMemory().reconcile() == Reconciled()
    assert order == ["notified", "human loops"]
