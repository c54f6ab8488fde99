from __future__ import annotations

from typing import Any

import pytest
from pydantic import Field

from onmodel.contracts.base import Contract
from onmodel.registry.newer_fields import rewritten


class Place(Contract):
    key: str
    size: int = 0


class Body(Contract):
    title: str
    place: Place | None = None
    places: tuple[Place, ...] = ()
    by_name: dict[str, Place] = Field(default_factory=dict)
    words: frozenset[str] = frozenset()


NEW = {"added": [1]}

STORED: dict[str, Any] = {
    "title": "a.mp4",
    "place": {"key": "p", "size": 1} | NEW,
    "places": [{"key": "one"} | NEW, {"key": "two"} | NEW],
    "by_name": {"frank": {"key": "f"} | NEW, "mira": {"key": "m"} | NEW},
    "words": [],
} | NEW


def read(stored: dict[str, Any] = STORED) -> Body:
    return Body.model_validate(stored, extra="ignore")


def written(**changes: Any) -> dict[str, Any]:
    return rewritten(STORED, read().model_copy(update=changes))


def test_rewritten_when_nothing_changed_then_as_it_was_stored() -> None:
    assert written() == STORED


def test_rewritten_when_another_field_changed_then_what_newer_code_wrote_stays() -> None:
    assert written(title="b.mp4") == STORED | {"title": "b.mp4"}


def test_rewritten_when_a_nested_value_changed_then_it_has_nothing_of_the_old_one() -> None:
    assert written(place=Place(key="q")) == STORED | {"place": {"key": "q", "size": 0}}
    assert written(place=None) == STORED | {"place": None}


def test_rewritten_when_items_come_and_go_then_the_others_stay_as_they_were_stored() -> None:
    places = (Place(key="two"), Place(key="three"))
    assert written(places=places)["places"] == [
        {"key": "two"} | NEW,
        {"key": "three", "size": 0},
    ]
    by_name = {"mira": Place(key="m"), "frank": Place(key="g")}
    assert written(by_name=by_name)["by_name"] == {
        "mira": {"key": "m"} | NEW,
        "frank": {"key": "g", "size": 0},
    }


@pytest.mark.parametrize("gone", ["a", "b", "c"])
def test_rewritten_when_words_have_no_order_then_the_right_one_goes(gone: str) -> None:
    stored = STORED | {"words": ["c", "a", "b"]}
    changed = read(stored).model_copy(update={"words": frozenset("abc") - {gone}})
    assert read(rewritten(stored, changed)) == changed


def test_rewritten_when_the_row_is_new_then_as_this_version_knows_it() -> None:
    assert rewritten({}, Body(title="a.mp4")) == Body(title="a.mp4").model_dump(mode="json")
