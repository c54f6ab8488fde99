from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from fakes.deployment_in_memory import DEPLOY, TRAINING, DeploymentInMemory
from fakes.jobs_in_memory import JobsInMemory

from onmodel.contracts.base import Usage
from onmodel.contracts.deployments import DeploymentStatus
from onmodel.contracts.keys import accepted_settings_key, execution_arn
from onmodel.contracts.rows import (
    ApprovalBody,
    ApprovalStatus,
    DeploymentStage,
    Kind,
    TrainingStage,
)
from onmodel.contracts.settings import DeploymentSettings, Settings
from onmodel.contracts.trainings import TrainingStatus
from onmodel.deployments.questions import DEPLOYED_MEANWHILE
from onmodel.errors import Conflict, EventRefused
from onmodel.money.pricebook import PriceBook
from onmodel.ports.registry import Record
from onmodel.registry.kinds import APPROVALS, TRAININGS


@pytest.fixture
def studio() -> DeploymentInMemory:
    return DeploymentInMemory()


def test_claim_when_completed_then_deploys_under_a_number_of_its_own(
    studio: DeploymentInMemory,
) -> None:
    studio.trainer.complete(studio.job)
    claimed = studio.claim()
    assert claimed.action == "deploy"
    assert claimed.deployment_id == f"{TRAINING}-1"
    assert claimed.hours == 2
    assert studio.training.status == TrainingStage.COMPLETED
    assert studio.training.holder == "deploy-1"
    assert studio.training.body.model_ref == "model/bunny-" + TRAINING


@pytest.mark.parametrize("status", [TrainingStatus.IN_PROGRESS, TrainingStatus.STOPPING])
def test_claim_when_event_lies_and_training_goes_on_then_ignored(
    studio: DeploymentInMemory, status: TrainingStatus
) -> None:
    studio.trainer.end(studio.job, status)
    assert studio.claim().action == "ignore"
    assert studio.training.status == TrainingStage.IN_PROGRESS


@pytest.mark.parametrize(
    ("status", "stage"),
    [
        (TrainingStatus.FAILED, TrainingStage.FAILED),
        (TrainingStatus.STOPPED, TrainingStage.STOPPED),
    ],
)
def test_claim_when_training_came_to_nothing_then_failed_again_and_again(
    studio: DeploymentInMemory, status: TrainingStatus, stage: TrainingStage
) -> None:
    studio.trainer.end(studio.job, status, "the data made no sense")
    for execution in ("one", "two"):
        claimed = studio.claim(execution)
        assert (claimed.action, claimed.reason) == ("failed", "the data made no sense")
    assert studio.training.status == stage


def test_claim_when_job_is_gone_then_failed(studio: DeploymentInMemory) -> None:
    del studio.trainer.trainings[studio.job]
    assert studio.claim().action == "failed"
    assert studio.training.status == TrainingStage.GONE


@pytest.mark.parametrize(
    ("age", "action"),
    [
        (timedelta(0), "ignore"),
        (timedelta(minutes=14, seconds=59), "ignore"),
        (timedelta(minutes=15), "failed"),
    ],
)
def test_claim_when_job_is_not_found_then_it_is_gone_only_after_a_quarter_of_an_hour(
    studio: DeploymentInMemory, age: timedelta, action: str
) -> None:
    del studio.trainer.trainings[studio.job]
    aged = replace(studio.training, created_at=studio.clock() - age)
    TRAININGS.replace(studio.registry, aged, studio.clock())
    assert studio.claim().action == action


def test_claim_when_job_is_foreign_then_ignored(studio: DeploymentInMemory) -> None:
    studio.trainer.complete(studio.job)
    assert studio.claim(job_arn="training/others-d0001-0a1b2c3d").action == "ignore"
    assert studio.training.status == TrainingStage.IN_PROGRESS


def test_claim_when_reference_was_never_written_down_then_found_by_name(
    studio: DeploymentInMemory,
) -> None:
    studio.trainer.complete(studio.job)
    unnamed = studio.training.with_fields(job_ref=None)
    TRAININGS.replace(studio.registry, unnamed, studio.clock())
    assert studio.claim().action == "deploy"
    assert studio.training.body.job_ref == studio.job


def test_claim_when_another_execution_is_at_it_then_ignored(studio: DeploymentInMemory) -> None:
    studio.trainer.complete(studio.job)
    studio.executions.start(DEPLOY, "one", {})
    first = execution_arn(DEPLOY, "one")
    assert studio.claim(first).action == "deploy"
    assert studio.claim("two").action == "ignore"
    studio.executions.finish(first)  # type: ignore[attr-defined]
    assert studio.claim("two").deployment_id == f"{TRAINING}-1"


def test_claim_when_two_claim_at_once_then_one_loses(studio: DeploymentInMemory) -> None:
    studio.trainer.complete(studio.job)
    read = studio.registry.get
    stale = read("bunny", Kind.TRAINING, TRAINING)
    assert studio.claim("one").action == "deploy"
    studio.registry.get = lambda production, kind, subject: (  # type: ignore[method-assign]
        stale if kind == Kind.TRAINING else read(production, kind, subject)
    )
    with pytest.raises(Conflict):
        studio.claim("two")


def test_claim_when_repeated_by_the_same_execution_then_the_same_answer(
    studio: DeploymentInMemory,
) -> None:
    studio.trainer.complete(studio.job)
    first = studio.claim()
    assert studio.claim() == first
    studio.schedule(first)
    assert studio.claim() == first


def test_claim_when_event_repeats_after_all_is_over_then_ignored(
    studio: DeploymentInMemory,
) -> None:
    studio.creating()
    assert studio.claim("two").action == "ignore"
    studio.stop()
    assert studio.claim("two").action == "ignore"
    studio.bill()
    assert studio.claim("two").action == "ignore"


def test_claim_when_a_person_wishes_then_deployed_again_only_after_the_first_is_over(
    studio: DeploymentInMemory,
) -> None:
    studio.creating()
    wish = {"production": "bunny", "training_id": TRAINING, "hours": 1}
    with pytest.raises(EventRefused, match="is deployed"):
        studio.claim("two", **wish)
    studio.stop()
    with pytest.raises(EventRefused, match="is deployed"):
        studio.claim("two", **wish)
    studio.bill()
    claimed = studio.claim("two", **wish)
    assert (claimed.deployment_id, claimed.hours) == (f"{TRAINING}-2", 1)


def test_claim_when_settings_wish_longer_than_the_stack_allows_then_the_stack_wins(
    studio: DeploymentInMemory,
) -> None:
    studio.trainer.complete(studio.job)
    settings = Settings(deployment=DeploymentSettings(hours=12))
    studio.studio.put(
        accepted_settings_key("bunny"), settings.model_dump_json().encode(), "application/json"
    )
    assert studio.claim().hours == 2


def test_claim_when_model_was_deployed_and_its_job_vanished_then_not_told_as_failed(
    studio: DeploymentInMemory,
) -> None:
    studio.creating()
    studio.clock.now += timedelta(days=90)
    del studio.trainer.trainings[studio.job]
    assert studio.claim("two").action == "ignore"
    assert studio.training.status == TrainingStage.COMPLETED


def test_claim_when_job_vanished_before_any_deployment_then_failed(
    studio: DeploymentInMemory,
) -> None:
    studio.trainer.complete(studio.job)
    assert studio.claim().action == "deploy"
    del studio.trainer.trainings[studio.job]
    assert studio.claim("two").action == "failed"
    assert studio.training.status == TrainingStage.GONE


def test_claim_when_a_deployed_training_is_in_progress_again_and_vanished_then_failed(
    studio: DeploymentInMemory,
) -> None:
    """Only a completed training's deployment explains why its job is gone."""
    studio.creating()
    again = studio.training.with_status(TrainingStage.IN_PROGRESS)
    TRAININGS.replace(studio.registry, again, studio.clock())
    del studio.trainer.trainings[studio.job]
    assert studio.claim("two").action == "failed"


@pytest.mark.parametrize("status", [TrainingStage.IMPOSSIBLE, TrainingStage.STARTING])
def test_claim_when_training_never_began_then_a_person_is_refused_and_an_event_ignored(
    studio: DeploymentInMemory, status: TrainingStage
) -> None:
    """Impossible, whatever the trainer has of that name; or started by no call that arrived."""
    studio.trainer.complete(studio.job)
    training = studio.training.with_status(status)
    if status == TrainingStage.STARTING:
        del studio.trainer.trainings[studio.job]
        training = training.with_fields(job_ref=None)
    TRAININGS.replace(studio.registry, training, studio.clock())
    with pytest.raises(EventRefused, match=f"training {TRAINING} never began"):
        studio.claim(production="bunny", training_id=TRAINING)
    assert studio.claim().action == "ignore"


def test_claim_when_a_person_names_no_training_then_refused(studio: DeploymentInMemory) -> None:
    with pytest.raises(EventRefused, match="not a training of ours"):
        studio.claim(production="bunny", training_id="nobody")


STORYBOARD = {
    "production": "bunny", "training_id": TRAINING, "retire_after_drawing": True,
    "storyboard_key": "bunny/storyboards/forest.yaml", "storyboard_version": "v-1",
}  # fmt: skip


def test_claim_when_a_storyboard_was_approved_while_deploying_then_waits_and_is_drawn(
    studio: DeploymentInMemory,
) -> None:
    studio.creating()
    assert studio.claim("two", **STORYBOARD).action == "wait"
    (ref,) = studio.trainer.deployments
    studio.trainer.move(ref, DeploymentStatus.IN_SERVICE)
    studio.check()
    drawn = studio.claim("two", **STORYBOARD)
    assert (drawn.action, drawn.storyboard_version) == ("draw", "v-1")
    assert studio.deployment().status == DeploymentStage.IN_SERVICE


def test_claim_when_two_storyboards_were_approved_then_the_second_deploys_after_the_first(
    studio: DeploymentInMemory,
) -> None:
    """The first deployment is retired as soon as its own storyboard is drawn."""
    studio.trainer.complete(studio.job)
    studio.schedule(studio.claim("one", **STORYBOARD), "one")
    assert studio.claim("two", **STORYBOARD).action == "wait"
    studio.provision()
    (ref,) = studio.trainer.deployments
    studio.trainer.move(ref, DeploymentStatus.IN_SERVICE)
    studio.check()
    assert studio.claim("two", **STORYBOARD).action == "wait"
    studio.stop()
    studio.bill()
    assert studio.claim("two", **STORYBOARD).deployment_id == f"{TRAINING}-2"


# ── money: what was approved with the training covers the deployment ─────────────────────────────


def wish_for(studio: DeploymentInMemory, hours: float) -> None:
    """Change the production's settings after the training was approved."""
    settings = Settings(deployment=DeploymentSettings(hours=hours))
    studio.studio.put(
        accepted_settings_key("bunny"), settings.model_dump_json().encode(), "text/json"
    )


def without_agreement(studio: DeploymentInMemory) -> None:
    """A row as it was written when a deployment was not part of the question."""
    old = studio.training.with_fields(agreed_parts=(), approved=False)
    TRAININGS.replace(studio.registry, old, studio.clock())


def answer(
    studio: DeploymentInMemory, status: ApprovalStatus, hours: float | None = None, **age: float
) -> None:
    """A question about the training's deployment, and its answer."""
    now = studio.clock()
    body = ApprovalBody(
        purpose="deployment",
        subject_id=TRAINING,
        usd=423.5,
        task_token="token-1",
        hours=hours,
        expires_at=now + timedelta(days=7) - timedelta(**age),
        correlation_id="upload-1",
    )
    APPROVALS.create(studio.registry, "bunny", "asked-before", status=status, body=body, now=now)


def dearer(studio: DeploymentInMemory) -> None:
    """70 dollars an hour instead of 60.50."""
    price = studio.prices.prices["memory.unit-hour"].model_copy(update={"usd": Decimal(70)})
    prices = studio.prices.prices | {"memory.unit-hour": price}
    studio.prices = studio.prices.model_copy(update={"prices": prices})


def test_claim_when_the_deployment_costs_no_more_than_approved_then_nobody_is_asked(
    studio: DeploymentInMemory,
) -> None:
    studio.trainer.complete(studio.job)
    claimed = studio.claim()
    assert (claimed.action, claimed.quote) == ("deploy", None)


def test_claim_when_a_price_has_risen_then_asked_anew_with_both_amounts(
    studio: DeploymentInMemory,
) -> None:
    studio.trainer.complete(studio.job)
    dearer(studio)
    claimed = studio.claim()
    assert claimed.action == "ask" and claimed.quote is not None
    assert claimed.quote.usd == 4 * 70
    assert "$242.00 of the training's question" in claimed.quote.why
    assert "up to $280.00" in claimed.quote.why
    assert (claimed.deployment_id, claimed.hours) == (f"{TRAINING}-1", 2)
    assert studio.training.holder == "deploy-1"


@pytest.mark.parametrize(("hours", "action"), [(2, "deploy"), (1, "deploy"), (0.5, "deploy")])
def test_claim_when_the_settings_wish_less_than_approved_then_deployed_for_as_long(
    studio: DeploymentInMemory, hours: float, action: str
) -> None:
    studio.trainer.complete(studio.job)
    wish_for(studio, hours)
    claimed = studio.claim()
    assert (claimed.action, claimed.hours) == (action, hours)


def test_claim_when_the_training_is_of_before_then_its_deployment_is_asked_about(
    studio: DeploymentInMemory,
) -> None:
    studio.trainer.complete(studio.job)
    without_agreement(studio)
    claimed = studio.claim()
    assert claimed.action == "ask" and claimed.quote is not None
    assert "was not part of the question" in claimed.quote.why


def test_claim_when_a_person_asks_for_the_deployment_then_no_second_question(
    studio: DeploymentInMemory,
) -> None:
    studio.trainer.complete(studio.job)
    without_agreement(studio)
    claimed = studio.claim(production="bunny", training_id=TRAINING)
    assert (claimed.action, claimed.quote) == ("deploy", None)


@pytest.mark.parametrize(
    ("status", "action"),
    [
        (ApprovalStatus.APPROVED, "deploy"),
        (ApprovalStatus.DECLINED, "ignore"),
        (ApprovalStatus.EXPIRED, "ask"),  # in time, but its execution had ended
        (ApprovalStatus.WITHDRAWN, "ignore"),
        (ApprovalStatus.PENDING, "ask"),
    ],
)
def test_claim_when_asked_before_and_that_execution_died_then_its_answer_counts(
    studio: DeploymentInMemory, status: ApprovalStatus, action: str
) -> None:
    studio.trainer.complete(studio.job)
    without_agreement(studio)
    answer(studio, status)
    assert studio.claim("deploy-2").action == action


def test_claim_when_the_settings_wish_more_than_was_approved_then_as_long_as_approved(
    studio: DeploymentInMemory,
) -> None:
    studio.trainer.complete(studio.job)
    without_agreement(studio)
    answer(studio, ApprovalStatus.APPROVED, hours=0.5)
    claimed = studio.claim("deploy-2")
    assert (claimed.action, claimed.hours) == ("deploy", 0.5)
    by_hand = studio.claim("by-hand", production="bunny", training_id=TRAINING)
    assert by_hand.hours == 2.0  # a command asks for itself


def test_claim_when_asked_then_the_question_says_for_how_many_hours(
    studio: DeploymentInMemory,
) -> None:
    studio.trainer.complete(studio.job)
    without_agreement(studio)
    claimed = studio.claim()
    assert claimed.quote is not None and claimed.quote.hours == claimed.hours == 2.0


@pytest.mark.parametrize("status", [ApprovalStatus.PENDING, ApprovalStatus.EXPIRED])
def test_claim_when_the_question_expired_without_an_answer_then_not_asked_again(
    studio: DeploymentInMemory, status: ApprovalStatus
) -> None:
    studio.trainer.complete(studio.job)
    without_agreement(studio)
    answer(studio, status, days=7)
    assert studio.claim("deploy-2").action == "ignore"


def test_claim_when_another_execution_only_waits_for_an_answer_then_a_person_may_deploy(
    studio: DeploymentInMemory,
) -> None:
    studio.trainer.complete(studio.job)
    without_agreement(studio)
    studio.executions.start(DEPLOY, "asks", {})
    asks = execution_arn(DEPLOY, "asks")
    assert studio.claim(asks).action == "ask"
    assert studio.claim("by-event").action == "ignore"
    answer(studio, ApprovalStatus.PENDING)
    assert studio.claim("by-event").action == "ignore"
    assert studio.claim("by-hand", production="bunny", training_id=TRAINING).action == "deploy"
    (question,) = APPROVALS.list(studio.registry, "bunny")
    assert (question.status, question.body.reason) == (
        ApprovalStatus.WITHDRAWN,
        DEPLOYED_MEANWHILE,
    )


def test_claim_when_the_question_is_approved_at_the_same_moment_then_a_person_is_refused(
    studio: DeploymentInMemory,
) -> None:
    """The execution that asked deploys: both together would use one number."""
    studio.trainer.complete(studio.job)
    without_agreement(studio)
    answer(studio, ApprovalStatus.PENDING)
    replace_row = studio.registry.replace

    def approved_first(record: Record) -> Record:
        studio.registry.replace = replace_row  # type: ignore[method-assign]
        approved = record.model_copy(update={"status": ApprovalStatus.APPROVED})
        replace_row(approved)
        return replace_row(record)

    studio.registry.replace = approved_first  # type: ignore[method-assign]
    with pytest.raises(EventRefused, match="approved just now"):
        studio.claim("by-hand", production="bunny", training_id=TRAINING)


def test_claim_when_its_trainer_deploys_nothing_then_a_job_draws_once_and_the_bill_is_known() -> (
    None
):
    studio = JobsInMemory()
    studio.trainer.complete(studio.job)
    studio.trainer.trainings[studio.job] = studio.trainer.trainings[studio.job].model_copy(
        update={"usage": (Usage(item="sagemaker.ml.g5.2xlarge-training-hour", paid=2),)}
    )
    studio.prices = PriceBook.load()
    claimed = studio.claim()
    assert (claimed.action, claimed.deployment_id) == ("draw_by_job", None)
    assert studio.training.body.estimated_usd == 3.03
    assert studio.training.body.model_ref == f"model/bunny-{TRAINING}"
    studio.notify("model_trained", TRAINING)
    assert studio.claim(execution="deploy-2").action == "ignore"
    with pytest.raises(EventRefused, match="is not deployed"):
        studio.claim(execution="deploy-3", production="bunny", training_id=TRAINING)
