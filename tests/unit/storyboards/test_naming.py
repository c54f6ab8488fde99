from __future__ import annotations

import pytest
from fakes.clock import FixedClock
from fakes.registry import InMemoryRegistry

from onmodel.contracts.rows import StoryboardBody, StoryboardStatus
from onmodel.registry.kinds import STORYBOARDS
from onmodel.storyboards.naming import storyboard_name


@pytest.fixture
def registry() -> InMemoryRegistry:
    return InMemoryRegistry()


def drawn(registry: InMemoryRegistry, file: str, name: str) -> None:
    body = StoryboardBody(
        name=name, file=file, take=1, deployment_id="d", correlation_id="c", panels=1
    )
    STORYBOARDS.create(
        registry, "bunny", f"{name}-1", status=StoryboardStatus.DRAWN, body=body, now=FixedClock()()
    )


@pytest.mark.parametrize("stem", ["\u53f2", "Forest day", "Caf\u00e9"])
def test_name_when_nobody_has_its_slug_or_itself_has_then_the_slug(
    registry: InMemoryRegistry, stem: str
) -> None:
    name = storyboard_name(stem, "bunny", registry)
    drawn(registry, stem, name)
    assert storyboard_name(stem, "bunny", registry) == name
    assert storyboard_name(stem.lower().replace(" ", "-"), "bunny", registry) == name


@pytest.mark.parametrize(("first", "second"), [("\u53f2", "\u662f"), ("Cafe", "Caf\u00e9")])
def test_name_when_another_file_has_its_slug_then_one_of_its_own(
    registry: InMemoryRegistry, first: str, second: str
) -> None:
    drawn(registry, first, storyboard_name(first, "bunny", registry))
    own = storyboard_name(second, "bunny", registry)
    assert own != storyboard_name(first, "bunny", registry)
    drawn(registry, second, own)
    assert storyboard_name(second, "bunny", registry) == own


def test_name_when_a_row_is_of_before_then_its_numbering_goes_on(
    registry: InMemoryRegistry,
) -> None:
    drawn(registry, "", "forest-day")
    assert storyboard_name("Forest day", "bunny", registry) == "forest-day"
