from datetime import timedelta

import pytest
from fakes.executions import execution_arn
from fakes.films_in_memory import TRAIN_MODEL
from fakes.training_in_memory import PRODUCTION, TrainingInMemory

from onmodel.contracts.rows import ApprovalStatus
from onmodel.money.approvals import decide
from onmodel.registry.kinds import APPROVALS, ApprovalRow
from onmodel.steps.decisions import Decisions
from onmodel.steps.rounds import LOOK_BACK

ASKING = execution_arn(TRAIN_MODEL, "one")


class World(TrainingInMemory):
    """A running execution asked, and the function that wrote the decision ended right after."""

    def __init__(self, status: ApprovalStatus = ApprovalStatus.APPROVED) -> None:
        super().__init__()
        self.executions.start(TRAIN_MODEL, "one", {})
        self.ask(execution_arn=ASKING)
        decide(self.row, status, registry=self.registry, clock=self.clock)
        self.clock.advance(minutes=2)

    @property
    def row(self) -> ApprovalRow:
        (row,) = APPROVALS.list(self.registry, PRODUCTION)
        return row

    def answer(self) -> bool:
        return Decisions(
            registry=self.registry,
            tokens=self.tokens,
            executions=self.executions,
            clock=self.clock,
        ).answer(self.clock() - LOOK_BACK, self.row)


@pytest.mark.parametrize(
    ("status", "approved"),
    [(ApprovalStatus.APPROVED, True), (ApprovalStatus.DECLINED, False)],
)
def test_answer_when_the_decision_was_not_handed_over_then_handed_over_once(
    status: ApprovalStatus, approved: bool
) -> None:
    world = World(status)
    assert world.answer()
    assert world.tokens.succeeded == {"task-1": {"approved": approved}}
    assert not world.answer()


def test_answer_when_nobody_waits_at_this_moment_then_tried_again_later() -> None:
    world = World()
    world.tokens.waiting.clear()
    assert not world.answer()
    world.tokens.waiting.add("task-1")
    assert world.answer()


def test_answer_when_the_execution_is_over_then_not_tried_again() -> None:
    world = World()
    world.tokens.waiting.clear()
    world.executions.finish(ASKING)
    assert not world.answer()
    assert world.row.body.answered_at == world.clock()


@pytest.mark.parametrize("age", [timedelta(seconds=-90), timedelta(days=2)])
def test_answer_when_just_decided_or_long_ago_then_left(age: timedelta) -> None:
    """follow_link may be about to answer; a day later the execution's own mail has the end."""
    world = World()
    world.clock.advance(seconds=age.total_seconds())
    assert not world.answer()
    assert not world.tokens.succeeded


def test_answer_when_pending_then_left() -> None:
    world = TrainingInMemory()
    world.ask(execution_arn=ASKING)
    (row,) = APPROVALS.list(world.registry, PRODUCTION)
    decisions = Decisions(
        registry=world.registry, tokens=world.tokens, executions=world.executions, clock=world.clock
    )
    assert not decisions.answer(world.clock() - LOOK_BACK, row)
    assert not world.tokens.succeeded
