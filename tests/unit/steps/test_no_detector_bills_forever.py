"""Whatever happens to the films that share a Custom Labels model, it is stopped when none needs it.

The deployed machine and functions run in process, in simulated time; the model takes 15 minutes to
start. The table in docs/safety.md is made here: `UPDATE_DOCS=1` writes it again.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from fakes.detector_stack import HOURS, SAMPLING, DetectorStack
from fakes.detectors import MODEL
from fakes.machines import Execution

from onmodel.contracts.detectors import DetectorStage
from onmodel.contracts.keys import MAIN_PRODUCTION
from onmodel.errors import ServiceUnavailable
from onmodel.registry.kinds import DETECTORS

SAFETY = Path(__file__).parents[3] / "docs" / "safety.md"
BEGIN, END = "<!-- detectors -->\n", "<!-- /detectors -->"
"""Around the table."""

LONGEST = timedelta(hours=HOURS, minutes=30)
"""Of one film; reconcile adds up to two rounds where executions and schedules are lost."""

COUNTED_WITHIN = timedelta(minutes=12)
"""The start and the end are seen by polls of five minutes, and AWS needs two more to stop it."""

LONGEST_UNSEEN = timedelta(minutes=15)
"""Of a model that no film looks at any more: between two rounds of reconcile."""

Ends = Callable[[DetectorStack], None]


def dies_at(state: str, when: str, name: str = "a-1") -> Ends:
    """One execution ends without a result at a state, `before` its effect or `after` it."""

    def begin(stack: DetectorStack) -> None:
        def dies(execution: Execution, reached: str) -> str | None:
            mine = execution.arn.endswith(f":{name}") and reached == state
            return when if mine else None

        stack.dies = dies

    return begin


def sampling_fails(stack: DetectorStack) -> None:
    stack.machines.after(40 * 60, lambda: stack.break_for("sample_chunk", 2))


def schedules_are_lost(state: str) -> Ends:
    """The execution ends, and somebody deleted the schedules: reconcile is left."""

    def begin(stack: DetectorStack) -> None:
        dies_at(state, "before")(stack)
        stack.machines.after(20 * 60, stack.services.scheduler.schedules.clear)

    return begin


def reconcile_is_down(stack: DetectorStack) -> None:
    """The execution ends, and the schedule is left."""
    dies_at("StopDetector", "before")(stack)
    stack.break_for("reconcile", 4, ServiceUnavailable("nothing answers"))


def row_is_deleted(stack: DetectorStack) -> None:
    dies_at("StopDetector", "before")(stack)

    def delete() -> None:
        for row in list(DETECTORS.list(stack.services.registry, MAIN_PRODUCTION)):
            DETECTORS.delete(stack.services.registry, row)

    stack.machines.after(30 * 60, delete)


def answer_of_the_start_is_lost(stack: DetectorStack) -> None:
    faults = [ServiceUnavailable("the connection broke after the request arrived")]
    start = stack.detectors.start

    def lost(model: str, units: int) -> None:
        start(model, units)
        if faults:
            raise faults.pop()

    stack.detectors.start = lost  # type: ignore[method-assign]


def it_does_not_start(stack: DetectorStack) -> None:
    stack.detectors.fails_to_start = True


def it_starts_for_hours(stack: DetectorStack) -> None:
    stack.detectors.starts_after = timedelta(hours=HOURS, minutes=10)


def it_is_stopped_by_hand(stack: DetectorStack) -> None:
    stack.machines.after(30 * 60, lambda: stack.detectors.stop(MODEL))


def it_cannot_be_stopped(stack: DetectorStack) -> None:
    """For an hour from the first attempt on."""
    stop = stack.detectors.stop
    began: list = []

    def refused(model: str) -> None:
        began.append(stack.clock())
        if stack.clock() - began[0] < timedelta(hours=1):
            raise ServiceUnavailable("nothing answers")
        stop(model)

    stack.detectors.stop = refused  # type: ignore[method-assign]


WAYS: dict[str, Ends] = {
    "all goes well": lambda _: None,
    "sampling fails": sampling_fails,
    "its execution ends before StartDetector": dies_at("StartDetector", "before"),
    "its execution ends after StartDetector": dies_at("StartDetector", "after"),
    "its execution ends while the model starts": dies_at("WaitForDetector", "before"),
    "its execution ends before SampleChunks": dies_at("SampleChunks", "before"),
    "its execution ends before StopDetector": dies_at("StopDetector", "before"),
    "its execution ends after StopDetector": dies_at("StopDetector", "after"),
    "its execution ends, the schedule is lost": schedules_are_lost("StopDetector"),
    "its execution ends, reconcile fails for 4 h": reconcile_is_down,
    "its execution ends, somebody deletes the row": row_is_deleted,
    "the answer of the start is lost": answer_of_the_start_is_lost,
    "the model does not start": it_does_not_start,
    "the model starts for longer than it may run": it_starts_for_hours,
    "somebody stops the model": it_is_stopped_by_hand,
    "the model cannot be stopped for an hour": it_cannot_be_stopped,
}


@dataclass(frozen=True)
class Outcome:
    """What bills at the end, and for how long the models ran, times inference units.

    Attributes:
        told: by the films' bills and the model's row; None where somebody deleted the row.
    """

    running: list[str]
    billed: timedelta
    told: timedelta | None

    def in_words(self) -> str:
        minutes = round(self.billed / timedelta(minutes=1))
        hours, rest = divmod(minutes, 60)
        told = " ".join(
            part for part in (f"{hours} h" if hours else "", f"{rest} min" if rest else "") if part
        )
        return f"{', '.join(self.running) or 'nothing'} ({told or 'never'})"


def play(way: str, films: int) -> tuple[DetectorStack, Outcome]:
    """The second film begins ten minutes after the first."""
    stack = DetectorStack()
    WAYS[way](stack)
    stack.film("a")
    if films == 2:
        stack.machines.after(600, lambda: stack.film("b"))
    stack.machines.run_for(hours=8)
    return stack, Outcome(stack.detectors.running, stack.detectors.billed(), told_by(stack))


def told_by(stack: DetectorStack) -> timedelta | None:
    """Unit hours in the films' bills and in the model's row."""
    rows = list(DETECTORS.list(stack.services.registry, MAIN_PRODUCTION))
    if not rows and stack.detectors.lives:
        return None
    of_no_film = sum(row.body.other_unit_hours for row in rows)
    return timedelta(hours=stack.shares() + of_no_film)


@pytest.fixture(scope="module")
def outcomes() -> dict[str, tuple[Outcome, Outcome]]:
    return {way: (play(way, 1)[1], play(way, 2)[1]) for way in WAYS}


def test_model_when_no_film_needs_it_then_stopped_whatever_happened(
    outcomes: dict[str, tuple[Outcome, Outcome]],
) -> None:
    for way, both in outcomes.items():
        for outcome in both:
            assert outcome.running == [], way
            assert outcome.billed <= LONGEST, way


def test_money_when_a_model_ran_then_told_as_it_was_billed_whatever_happened(
    outcomes: dict[str, tuple[Outcome, Outcome]],
) -> None:
    for way, both in outcomes.items():
        for outcome in both:
            if outcome.told is None:
                assert way == "its execution ends, somebody deletes the row"
            else:
                assert outcome.billed - COUNTED_WITHIN <= outcome.told, way
                assert outcome.told <= outcome.billed + LONGEST_UNSEEN, way


def test_film_when_a_model_cannot_be_stopped_because_it_starts_then_waits_and_is_prepared() -> None:
    stack = DetectorStack()
    stack.detectors.starts_after = timedelta(minutes=25)
    dies_at("StartDetector", "after")(stack)
    stack.film("a")
    stack.machines.after(16 * 60, lambda: stack.film("b"))
    stack.machines.run_for(hours=8)
    assert [stack.execution(name).status for name in ("a", "b")] == ["ABORTED", "SUCCEEDED"]
    assert (stack.detectors.running, stack.row().status) == ([], DetectorStage.STOPPED)


def test_safety_page_when_compared_with_the_outcomes_then_is_the_same(
    outcomes: dict[str, tuple[Outcome, Outcome]],
) -> None:
    lines = ["| The film | alone | beside another film |", "| --- | --- | --- |"]
    lines += [
        f"| {way} | {alone.in_words()} | {beside.in_words()} |"
        for way, (alone, beside) in outcomes.items()
    ]
    table = "\n".join(lines) + "\n"
    page = SAFETY.read_text()
    before, _, rest = page.partition(BEGIN)
    after = rest.partition(END)[2]
    if os.environ.get("UPDATE_DOCS"):
        SAFETY.write_text(f"{before}{BEGIN}{table}{END}{after}")
    assert table == rest.partition(END)[0] or os.environ.get("UPDATE_DOCS")


@pytest.mark.parametrize("way", ["all goes well", "its execution ends before StopDetector"])
def test_hours_when_two_films_share_a_model_then_all_are_counted_once(way: str) -> None:
    stack, outcome = play(way, 2)
    row = stack.row()
    assert row.status == DetectorStage.STOPPED
    assert not row.body.leases
    counted = timedelta(hours=stack.shares() + row.body.other_unit_hours)
    assert outcome.billed - COUNTED_WITHIN <= counted <= outcome.billed
    assert stack.shares() > 0


def test_film_when_another_one_ends_first_then_the_model_runs_on_for_it() -> None:
    stack, outcome = play("all goes well", 2)
    assert [stack.execution(name).status for name in ("a", "b")] == ["SUCCEEDED", "SUCCEEDED"]
    assert len(stack.detectors.lives) == 1, "started once"
    assert outcome.billed > SAMPLING


def test_model_when_it_ran_before_then_never_stopped_and_costs_the_films_nothing() -> None:
    stack = DetectorStack()
    stack.detectors.start(MODEL, 1)
    stack.machines.run_for(minutes=20)
    stack.film("a")
    stack.machines.run_for(hours=8)
    assert stack.execution("a").status == "SUCCEEDED"
    assert stack.detectors.running == [MODEL]
    assert (stack.shares(), stack.row().body.other_unit_hours) == (0, 0)
    assert not stack.services.scheduler.schedules


def test_film_when_its_chunks_are_done_then_no_model_is_started() -> None:
    stack = DetectorStack()
    run = stack.film("a")
    stack.machines.run_for(hours=2)
    stack.start("PrepareFilm", "a-2", {"run": run.model_dump(mode="json") | {"attempt": 2}})
    stack.machines.run_for(hours=2)
    assert stack.machines.of("PrepareFilm")[-1].status == "SUCCEEDED"
    assert len(stack.detectors.lives) == 1
