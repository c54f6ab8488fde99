from __future__ import annotations

import pytest
from fakes.jobs_in_memory import BLUE, JobsInMemory

from onmodel.contracts.keys import execution_arn
from onmodel.contracts.operations import Reconciled
from onmodel.contracts.rows import StoryboardStatus
from onmodel.contracts.trainings import TrainingStatus
from onmodel.registry.kinds import STORYBOARDS, StoryboardRow

DRAW_ARN = "arn:aws:states:us-east-1:1:stateMachine:onmodel-DrawStoryboard"
EXECUTION = execution_arn(DRAW_ARN, "upload-2")
TAKE = "bunny/forest-day-1"


@pytest.fixture
def studio() -> JobsInMemory:
    """An uploaded storyboard that a job draws, for an execution that runs."""
    studio = JobsInMemory()
    studio.trained()
    studio.notify("model_trained", studio.training.id)
    studio.executions.start(DRAW_ARN, "upload-2", {})
    studio.upload(b"scenes: [Buck smiles]\nimages: 1\nsize: 512x512")
    studio.start_drawing(studio.plan(), execution=EXECUTION)
    studio.clock.advance(minutes=6)
    return studio


def take(studio: JobsInMemory) -> StoryboardRow:
    return STORYBOARDS.require(studio.registry, "bunny", "forest-day-1")


def job(studio: JobsInMemory) -> str:
    return next(iter(studio.trainer.drawings))


def test_reconcile_when_a_drawings_execution_was_stopped_then_its_jobs_bill_is_in_the_row(
    studio: JobsInMemory,
) -> None:
    studio.executions.finish(EXECUTION)  # type: ignore[attr-defined]
    assert studio.reconcile().billed == ()  # the job runs on
    assert take(studio).status == StoryboardStatus.DRAWING
    studio.trainer.draw(job(studio), studio.studio, BLUE)
    assert studio.reconcile().billed == (TAKE,)
    row = take(studio)
    assert (row.status, row.holder) == (StoryboardStatus.FAILED, None)
    assert [use.paid for use in row.body.usage] == [0.25]
    assert row.body.estimated_usd == 0.38
    assert "pictures that were drawn are kept" in (row.body.reason or "")
    assert studio.reconcile().billed == ()


def test_reconcile_when_the_execution_still_runs_then_the_take_is_its_own(
    studio: JobsInMemory,
) -> None:
    studio.trainer.draw(job(studio), studio.studio, BLUE)
    assert studio.reconcile() == Reconciled()


def test_reconcile_when_the_job_was_never_begun_then_closed_without_a_bill(
    studio: JobsInMemory,
) -> None:
    ref = job(studio)
    STORYBOARDS.replace(studio.registry, take(studio).with_fields(drawing_ref=None), studio.clock())
    del studio.trainer.drawings[ref]
    studio.executions.finish(EXECUTION)  # type: ignore[attr-defined]
    studio.clock.advance(minutes=6)
    assert studio.reconcile().billed == ()  # it may not be found yet
    studio.clock.advance(minutes=4)
    assert studio.reconcile().billed == (TAKE,)
    assert (take(studio).body.usage, take(studio).body.estimated_usd) == ((), 0)


def test_reconcile_when_the_job_failed_then_the_row_has_its_reason(studio: JobsInMemory) -> None:
    studio.executions.finish(EXECUTION)  # type: ignore[attr-defined]
    studio.trainer.end_drawing(job(studio), TrainingStatus.FAILED, "No instance has room")
    assert studio.reconcile().billed == (TAKE,)
    assert (take(studio).body.reason or "").startswith("No instance has room. Its execution ended")
