from collections.abc import Callable

import pytest
from fakes.executions import execution_arn
from fakes.studio import DEPLOY, DRAW, RETIRE, TRAIN, Studio
from fakes.trainer import InMemoryTrainer

from onmodel.contracts.deployments import DeploymentSpec
from onmodel.contracts.operations import DeletionGuardEvent, OurResource
from onmodel.contracts.rows import DeploymentStage
from onmodel.deployments.deletion import are_forbidden
from onmodel.errors import Conflict, EventRefused, ServiceUnavailable
from onmodel.steps.guard_deletion import GuardAnswer, GuardDeletion


def ask(studio: Studio, kind: str, sleep: Callable[[float], None] | None = None) -> GuardAnswer:
    event = DeletionGuardEvent.model_validate(
        {
            "RequestType": kind,
            "ResponseURL": "https://answer.invalid/",
            "StackId": "stack",
            "RequestId": "request-1",
            "LogicalResourceId": "DeletionGuard",
        }
    )
    return GuardDeletion(
        registry=studio.registry,
        trainer=studio.trainer,
        scheduler=studio.scheduler,
        executions=studio.executions,
        machine_arns=(TRAIN, DEPLOY, RETIRE, DRAW),
        clock=studio.clock,
        sleep=sleep or (lambda seconds: studio.clock.advance(seconds=seconds)),
    ).answer(event)


def test_guard_when_a_model_answers_then_stopped_billed_and_deleted() -> None:
    studio = Studio()
    studio.creating()
    answer = ask(studio, "Delete")
    assert answer == GuardAnswer(
        status="SUCCESS", reason="Deployments ended: 1; executions: 0. Nothing bills by the hour"
    )
    assert not studio.trainer.deployments
    assert not studio.scheduler.schedules
    assert studio.deployment().status == DeploymentStage.RETIRED
    assert studio.deployment().body.reason == "the stack is deleted"


def test_guard_when_something_unknown_bills_then_stopped_too() -> None:
    studio = Studio()
    studio.trainer.models.add("model/x")
    studio.trainer.provision(
        DeploymentSpec(production="bunny", deployment_id="lost-1", model_ref="model/x")
    )
    assert ask(studio, "Delete").status == "SUCCESS"
    assert not studio.trainer.deployments


def test_guard_when_a_planned_one_is_under_way_then_it_makes_nothing_any_more() -> None:
    studio = Studio()
    studio.planned()
    assert ask(studio, "Delete").status == "SUCCESS"
    with pytest.raises(EventRefused):
        studio.provision()


def test_guard_when_executions_wait_then_ended_so_that_the_machines_can_go() -> None:
    studio = Studio()
    studio.executions.start(TRAIN, "waits-for-an-approval", {})
    studio.executions.start(DRAW, "draws", {})
    answer = ask(studio, "Delete")
    assert (answer.status, "executions: 2." in answer.reason) == ("SUCCESS", True)
    assert not studio.executions.is_running(execution_arn(TRAIN, "waits-for-an-approval"))


def test_guard_when_something_still_bills_then_nothing_is_ended_for_it() -> None:
    """The stack stays, and goes on working."""
    studio = Studio(Creating())
    studio.creating()
    studio.executions.start(TRAIN, "waits-for-an-approval", {})
    assert ask(studio, "Delete").status == "FAILED"
    assert studio.executions.is_running(execution_arn(TRAIN, "waits-for-an-approval"))


class Creating(InMemoryTrainer):
    """Refuses to stop until it is told otherwise."""

    refusing = True

    def stop_deployment(self, deployment_ref: str) -> None:
        if self.refusing:
            raise Conflict("it is being created")
        super().stop_deployment(deployment_ref)


def test_guard_when_it_stops_late_then_waited_for() -> None:
    trainer = Creating()
    studio = Studio(trainer)
    studio.creating()

    def sleep(seconds: float) -> None:
        studio.clock.advance(seconds=seconds)
        trainer.refusing = False

    assert ask(studio, "Delete", sleep).status == "SUCCESS"


def test_guard_when_it_cannot_be_stopped_then_deletion_fails_and_says_why() -> None:
    studio = Studio(Creating())
    studio.creating()
    answer = ask(studio, "Delete")
    assert answer.status == "FAILED"
    assert "deployment/bunny-d0001-0a1b2c3d-1" in answer.reason
    assert studio.trainer.deployments
    assert (studio.clock() - studio.deployment().body.requested_at).total_seconds() <= 13 * 60


class Down(InMemoryTrainer):
    def list_ours(self) -> tuple[OurResource, ...]:
        raise ServiceUnavailable("nothing answers")


def test_guard_when_the_trainer_does_not_answer_then_deletion_fails() -> None:
    answer = ask(Studio(Down()), "Delete")
    assert (answer.status, "nothing answers" in answer.reason) == ("FAILED", True)


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_guard_when_created_or_updated_then_deployments_are_allowed_and_untouched(
    kind: str,
) -> None:
    studio = Studio()
    studio.planned()
    assert ask(studio, kind).status == "SUCCESS"
    studio.provision()
    assert ask(studio, kind).status == "SUCCESS"
    assert studio.trainer.deployments


def test_guard_when_deletion_failed_and_stack_is_updated_then_deployments_work_again() -> None:
    studio = Studio()
    assert ask(studio, "Delete").status == "SUCCESS"
    ask(studio, "Update")
    studio.creating()
    assert studio.trainer.deployments


@pytest.mark.parametrize("stops", [True, False])
def test_guard_when_deleting_then_deployments_are_forbidden_until_it_fails(stops: bool) -> None:
    trainer = Creating()
    studio = Studio(trainer)
    studio.creating()
    while_waiting: list[bool] = []

    def sleep(seconds: float) -> None:
        while_waiting.append(are_forbidden(studio.registry))
        studio.clock.advance(seconds=seconds)
        trainer.refusing = not stops

    assert ask(studio, "Delete", sleep).status == ("SUCCESS" if stops else "FAILED")
    assert set(while_waiting) == {True}
    assert are_forbidden(studio.registry) == stops
