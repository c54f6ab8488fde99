"""`onmodel open`: the link that it makes, and to what."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from fakes.clock import FixedClock
from fakes.registry import InMemoryRegistry

from onmodel.environment import Environment
from onmodel.films.folders import record_production
from onmodel.links.tokens import HomeTarget, SignedLinks, StackTarget
from onmodel_cli.connection import Connection, StackUnknown
from onmodel_cli.opening import home_link

VARIABLES = {"LINKS_URL": "https://door.invalid", "LINK_SECRET_ARN": "arn"}
CLOCK = FixedClock()
LINKS = SignedLinks("https://door.invalid", "a key of tests", CLOCK)


def connection(variables: dict[str, str]) -> Connection:
    registry = InMemoryRegistry()
    record_production("Big Buck Bunny", registry, CLOCK)
    stack: Any = SimpleNamespace(
        stack="onmodel", environment=Environment(variables), registry=registry,
        services=SimpleNamespace(links=LINKS),
    )  # fmt: skip
    return cast("Connection", stack)


def test_link_when_of_a_production_then_shows_that_one_in_any_spelling_of_its_name() -> None:
    link = home_link(connection(VARIABLES), "big buck bunny")
    assert LINKS.read(link.rpartition("/")[2]) == HomeTarget(production="big-buck-bunny")


def test_link_when_of_no_production_then_shows_the_stack() -> None:
    link = home_link(connection(VARIABLES), None)
    assert LINKS.read(link.rpartition("/")[2]) == StackTarget()


def test_link_when_the_stack_is_older_than_home_pages_then_says_what_to_do() -> None:
    with pytest.raises(StackUnknown, match="LINK_SECRET_ARN") as refused:
        home_link(connection({"LINKS_URL": "https://door.invalid"}), None)
    assert "newest template" in refused.value.advice
