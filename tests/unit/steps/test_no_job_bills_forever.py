"""A trainer that deploys nothing has jobs alone: each is paid for once, and ends.

The machines and functions as they are deployed run in process over a trainer whose jobs live by the
clock. The tables in docs/safety.md are made here: `UPDATE_DOCS=1` writes them again.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
from fakes.machines import Execution
from fakes.scripted_jobs import LONGEST_RUNTIME, JobsStack, JobStory
from fakes.stack_in_memory import PRODUCTION

from onmodel.contracts.trainings import TrainingStatus
from onmodel.formats.wording import duration
from onmodel.registry.kinds import MAILS

SAFETY = Path(__file__).parents[3] / "docs" / "safety.md"
BEGIN, END = "<!-- jobs -->\n", "<!-- /jobs -->"
MINUTE = 60

JOB_ENDS = 85 * MINUTE
"""After a quiet quarter of an hour and an hour of training, about."""


TRAINED, DRAWN = JobStory(runs=timedelta(hours=1)), JobStory()


@dataclass(frozen=True)
class Story:
    """What becomes of the jobs, and the mail about the end."""

    title: str
    training: JobStory = TRAINED
    drawing: JobStory = DRAWN
    begin: Callable[[JobsStack], None] = lambda _stack: None
    mail: str = "model_trained"
    drawings: int = 1


def _outage(stack: JobsStack) -> None:
    stack.machines.after(JOB_ENDS + 15 * MINUTE, lambda: setattr(stack.jobs, "down", True))
    stack.machines.after(JOB_ENDS + 75 * MINUTE, lambda: setattr(stack.jobs, "down", False))


def _answer_lost(stack: JobsStack) -> None:
    stack.machines.after(JOB_ENDS - 30 * MINUTE, lambda: setattr(stack.jobs, "loses_answers", 1))


def _no_instance(stack: JobsStack) -> None:
    stack.jobs.refuses_drawings = "ResourceLimitExceeded: this account may not use an instance"


def _training(ends: TrainingStatus) -> JobStory:
    return JobStory(runs=timedelta(minutes=30), ends=ends)


HOUR, LONGER = timedelta(hours=1), timedelta(hours=2)
NOT_DRAWN = {"mail": "training_failed", "drawings": 0}

STORIES = (
    Story("training failed", training=_training(TrainingStatus.FAILED), **NOT_DRAWN),
    Story("training was stopped by hand", training=_training(TrainingStatus.STOPPED), **NOT_DRAWN),
    Story("training was deleted", training=_training(TrainingStatus.GONE), **NOT_DRAWN),
    Story("training runs until SageMaker ends it", training=JobStory(runs=None), **NOT_DRAWN),
    Story("training waits for an instance for an hour",
          training=JobStory(pending=HOUR, runs=HOUR)),
    Story("training gets no instance", training=JobStory(pending=LONGER), **NOT_DRAWN),
    Story("drawing completed"),
    Story("drawing failed", drawing=_training(TrainingStatus.FAILED)),
    Story("drawing was stopped by hand", drawing=_training(TrainingStatus.STOPPED)),
    Story("drawing was deleted", drawing=_training(TrainingStatus.GONE)),
    Story("drawing runs until SageMaker ends it", drawing=JobStory(runs=None)),
    Story("drawing waits for an instance for an hour", drawing=JobStory(pending=HOUR)),
    Story("drawing gets no instance", drawing=JobStory(pending=LONGER)),
    Story("drawing is refused: a resource limit", begin=_no_instance, drawings=0),
    Story("drawing: answer of the start lost", begin=_answer_lost),
    Story("drawing: all calls fail for an hour", begin=_outage),
)  # fmt: skip

EVENTS: dict[str, tuple[float, ...]] = {
    "once": (1,),
    "twice": (1, 1, 45),
    "late": (6 * 60,),
    "never": (),
}
"""Minutes after the training's end at the earliest."""


def play(
    story: Story,
    minutes: tuple[float, ...],
    dies: Callable[[Execution, str], str | None] | None = None,
) -> JobsStack:
    """Twelve hours from a prepared film on."""
    stack = JobsStack()
    stack.answer = "approve"
    stack.jobs.training_story, stack.jobs.drawing_story = story.training, story.drawing
    if dies is not None:
        stack.dies = dies
    story.begin(stack)
    stack.film_prepared()
    ends = JOB_ENDS + story.training.pending.total_seconds()
    for number, minute in enumerate(minutes):
        stack.machines.after(ends + minute * MINUTE, lambda number=number: _event(stack, number))
    stack.machines.run_for(hours=14)
    return stack


def _event(stack: JobsStack, number: int) -> None:
    (job,) = [ref for ref in stack.jobs.begun if ref.startswith("training")]
    stack.start("DeployModel", f"event-{number}", {"request": {"job_arn": job}})


def kinds(stack: JobsStack) -> list[str]:
    rows = MAILS.list(stack.services.registry, PRODUCTION)
    return [row.body.event.split(":")[0] for row in rows]


def must_be_over(stack: JobsStack) -> None:
    """No job runs, none ran longer than it may, and no execution waits."""
    assert stack.jobs.running() == []
    assert stack.jobs.billed("training") <= LONGEST_RUNTIME
    assert stack.jobs.billed("drawing") <= LONGEST_RUNTIME
    assert not [made for made in stack.machines.executions.values() if made.status == "RUNNING"]


@cache
def play_story(story: Story, events: str) -> JobsStack:
    return play(story, EVENTS[events])


@pytest.mark.parametrize("events", EVENTS)
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.title)
def test_story_when_its_jobs_are_over_then_nothing_bills_and_the_outcome_is_notified_once(
    story: Story, events: str
) -> None:
    stack = play_story(story, events)
    must_be_over(stack)
    assert (stack.jobs.count("training"), stack.jobs.count("drawing")) == (1, story.drawings)
    assert kinds(stack).count(story.mail) == 1


DEATHS = [
    *[
        ("DeployModel", state)
        for state in ("ClaimTraining", "DrawLossCurve", "DrawFirstStoryboard", "NotifyModelTrained")
    ],
    *[
        ("DrawStoryboard", state)
        for state in (
            "PlanStoryboard", "QuoteDrawing", "StartDrawing", "WaitForDrawing", "CheckDrawing",
            "WriteQuestions", "DrawPanels", "PublishGallery",
        )
    ],
]  # fmt: skip

WHEN = ("before", "after")
COMPLETED = next(story for story in STORIES if story.title == "drawing completed")


@cache
def play_death(machine: str, state: str, when: str) -> JobsStack:
    """The first execution of a machine that comes to a state ends there."""
    dead: list[str] = []

    def dies(execution: Execution, at: str) -> str | None:
        if execution.machine == machine and at == state and not dead:
            dead.append(execution.arn)
            return when
        return None

    stack = play(COMPLETED, EVENTS["once"], dies)
    assert dead
    return stack


@pytest.mark.parametrize("when", WHEN)
@pytest.mark.parametrize(("machine", "state"), DEATHS)
def test_execution_when_it_dies_half_way_then_one_drawing_is_paid_for(
    machine: str, state: str, when: str
) -> None:
    stack = play_death(machine, state, when)
    must_be_over(stack)
    assert stack.jobs.count("drawing") <= 1
    assert kinds(stack).count("model_trained") == 1


def _cell(stack: JobsStack) -> str:
    running = len(stack.jobs.running())
    billing = f"**{running} jobs**" if running else "nothing"
    hours = [
        f"{kind} {duration(billed.total_seconds())}"
        for kind in ("training", "drawing")
        if (billed := stack.jobs.billed(kind))
    ]
    return f"{billing} ({', '.join(hours) or 'never'})"


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def tables() -> str:
    stories = _table(
        ("The job", *EVENTS),
        [
            (story.title, *(_cell(play_story(story, events)) for events in EVENTS))
            for story in STORIES
        ],
    )
    deaths = _table(
        ("It ends at", *WHEN),
        [
            (f"{machine}: {state}", *(_cell(play_death(machine, state, when)) for when in WHEN))
            for machine, state in DEATHS
        ],
    )
    return f"{stories}\n{deaths}"


def test_safety_page_when_read_then_has_the_tables_of_jobs() -> None:
    text = SAFETY.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    page = f"{before}{BEGIN}{tables()}{END}{after}"
    if os.environ.get("UPDATE_DOCS"):
        SAFETY.write_text(page)
    assert SAFETY.read_text() == page
