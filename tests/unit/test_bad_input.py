"""Whatever JSON a function is called with, it answers, or raises an error of onmodel's tree.

Two kinds of events: any JSON at all, and the function's own fixtures with parts of them changed or
taken away. Some changes are alien; others are what fixtures have under the same name, or nearly
what was there: such events come past the contracts and reach the steps. Services are in memory.
"""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from fakes.invocation import Context
from fakes.services_in_memory import ServicesInMemory
from fakes.training_in_memory import TrainingInMemory
from functions import STEPS, load_function
from hypothesis import given, settings
from hypothesis import strategies as st

from onmodel.errors import EventRefused, OnmodelError
from onmodel.handler import parse

ROOT = Path(__file__).parents[2]

# 1e999 is JSON and infinite in Python; a lone surrogate is JSON and no UTF-8
NUMBERS = st.one_of(st.integers(-3, 3), st.integers(), st.floats(allow_nan=False))
TEXTS = st.one_of(
    st.text(st.characters(), max_size=12),
    st.sampled_from(["", "..", "../..", "a/b", "\x00", "x" * 3000, "1" * 90, "s3://b/k", "true"]),
)
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)
ANY_JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
ABSENT = object()
ONE_ALIEN_IN = 4
"""Changes: the others are of the form that was there."""


@cache
def loaded(step: str) -> ModuleType:
    return load_function(step)


@cache
def good_events(step: str) -> tuple[Any, ...]:
    return tuple(
        json.loads(Path(str(path).replace(".expected.json", ".json")).read_text())
        for path in sorted(ROOT.glob(f"events/{step}/*.expected.json"))
        if json.loads(path.read_text())["refused"] is None
    )


def call(step: str, event: Any) -> Any:
    """The function's answer as Lambda would send it; raises what it raises."""
    module, services = loaded(step), ServicesInMemory(TrainingInMemory())
    replaced = {
        "wired": services,
        "services": lambda *_sections: services,
        "now": services.clock,
        "time": SimpleNamespace(sleep=lambda _seconds: pytest.fail("nothing is there to wait for")),
        "answer_custom_resource": lambda *_args, **_named: None,
    }
    for name in replaced.keys() & vars(module).keys():
        setattr(module, name, replaced[name])
    return json.dumps(module.handler(event, Context()), allow_nan=False)


def places(event: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value, but its root."""
    inner = event.items() if isinstance(event, dict) else enumerate(event)
    found = []
    for name, value in inner:
        found.append((*here, name))
        if isinstance(value, dict | list):
            found += places(value, (*here, name))
    return found


@cache
def kin() -> dict[Any, list[Any]]:
    """What other fixtures have under a name: ids, keys, numbers that fit, but not to this event."""
    found: dict[Any, dict[str, Any]] = {}
    for step in STEPS:
        for event in good_events(step):
            for place in places(event):
                value = at(event, place)
                found.setdefault(place[-1], {}).setdefault(json.dumps(value), value)
    return {name: list(values.values()) for name, values in found.items()}


def near(value: Any) -> Any:
    """A value of the same form that nothing has: another last digit, one more, the opposite."""
    if isinstance(value, str):
        return value[:-1] + ("a" if value.endswith("0") else "0")
    return not value if isinstance(value, bool) else value + 1 if isinstance(value, int) else value


def at(event: Any, place: tuple[Any, ...]) -> Any:
    """The value at a place; ABSENT where it is gone already."""
    try:
        for name in place:
            event = event[name]
    except (KeyError, IndexError, TypeError):
        return ABSENT
    return event


def change(event: Any, place: tuple[Any, ...], value: Any) -> None:
    """Put a value at a place, or take it away; nothing where the place is gone already."""
    *way, last = place
    try:
        for name in way:
            event = event[name]
        if value is ABSENT:
            del event[last]
        else:
            event[last] = value
    except (KeyError, IndexError, TypeError):
        return


@st.composite
def changed(draw: st.DrawFn, step: str) -> Any:
    event = copy.deepcopy(draw(st.sampled_from(good_events(step))))
    for place in draw(st.lists(st.sampled_from(places(event)), min_size=1, max_size=3)):
        fitting = st.sampled_from([*kin()[place[-1]], near(at(event, place))])
        alien = ANY_JSON | st.just(ABSENT)
        chosen = alien if draw(st.integers(1, ONE_ALIEN_IN)) == 1 else fitting
        value = draw(chosen)
        change(event, place, value if value is ABSENT else copy.deepcopy(value))
    return event


@settings(max_examples=40, deadline=None)
@given(event=ANY_JSON)
def test_functions_when_called_with_any_json_then_each_contract_refuses_it(event: Any) -> None:
    for step in STEPS:
        with pytest.raises(EventRefused):
            parse(loaded(step).handler.request_model, event)


@pytest.mark.parametrize("step", STEPS)
def test_function_when_its_events_are_changed_then_answers_or_raises_an_error_of_the_tree(
    step: str,
) -> None:
    came_past = 0

    @settings(max_examples=40, deadline=None)
    @given(event=changed(step))
    def try_out(event: Any) -> None:
        nonlocal came_past
        try:
            parse(loaded(step).handler.request_model, copy.deepcopy(event))
            came_past += 1
            call(step, event)
        except OnmodelError:
            return

    try_out()
    assert came_past >= 8, "the contract refuses nearly all: the step is not tried"
