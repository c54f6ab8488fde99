from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fakes.registry import InMemoryRegistry

from onmodel.contracts.drawings import Arm
from onmodel.contracts.judging import Interval, JudgedNumber
from onmodel.contracts.rows import StoryboardBody, StoryboardStatus
from onmodel.ports.registry import Registry
from onmodel.registry.kinds import STORYBOARDS
from onmodel.storyboards.reached import reached_by_references

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def take(registry: Registry, number: int, mean: float, arm: Arm = "references") -> None:
    of_arm = Interval(mean=mean, low=mean - 0.1, high=mean + 0.1, scenes=6)
    STORYBOARDS.create(
        registry,
        "bunny",
        f"forest-{number}",
        status=StoryboardStatus.DRAWN,
        body=StoryboardBody(
            name="forest", take=number, correlation_id="c", panels=6,
            numbers=(JudgedNumber(number="identity", arm=arm, interval=of_arm),),
        ),
        now=NOW + timedelta(hours=number),
    )  # fmt: skip


def test_reached_when_drawn_several_times_then_of_the_newest_with_that_arm() -> None:
    registry = InMemoryRegistry()
    take(registry, 1, 0.4)
    take(registry, 2, 0.6)
    take(registry, 3, 0.9, arm="tuned")
    assert reached_by_references("bunny", registry) == (
        "Without a training, reference pictures given to the untrained model reached"
        " (storyboard forest, take 2): identity 0.60 (0.50 to 0.70). Identity is 0 for other"
        " characters and 1 for the character's own pictures"
    )


def test_reached_when_not_drawn_with_references_then_nothing_is_said() -> None:
    registry = InMemoryRegistry()
    take(registry, 1, 0.9, arm="tuned")
    assert reached_by_references("bunny", registry) == ""
