"""Reads the answer of a model that was asked for boxes.

The answer is one JSON array and nothing else; a code fence around it is taken, because Nova models
often write one. Everything else is a fault, worded so that the model can correct it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from onmodel.formats.answered_json import json_in

FULL = 1000
"""The picture's width and height, in a model's coordinates."""

MOST_BOXES = 20
"""Boxes of one answer. More are a list that the model could not end, and not figures."""

LONGEST_NUMBER = 10
"""Characters of a coordinate in a fault."""


class AnsweredBox(NamedTuple):
    """One box, in thousandths of the picture's width and height."""

    label: str
    left: float
    top: float
    right: float
    bottom: float


def boxes_in(answer: str) -> tuple[tuple[AnsweredBox, ...] | None, str]:
    """The boxes and no fault, or None and a fault that is worded for the model."""
    try:
        items = json_in(answer)
    except ValueError:
        return None, "the answer is not one JSON array"
    if not isinstance(items, list):
        return None, "the answer is not one JSON array"
    if len(items) > MOST_BOXES:
        return None, f"the answer has {len(items)} boxes, and at most {MOST_BOXES} are possible"
    boxes = []
    for item in items:
        box, fault = _box(item)
        if box is None:
            return None, fault
        boxes.append(box)
    return tuple(boxes), ""


def _box(item: Any) -> tuple[AnsweredBox | None, str]:  # noqa: ANN401 - whatever the JSON has
    if not isinstance(item, dict) or set(item) != {"label", "bbox"}:
        return None, 'each element must be an object with the keys "label" and "bbox" and no other'
    label, bbox = item["label"], item["bbox"]
    if not isinstance(label, str) or not label.strip():
        return None, '"label" must be one of the figures that were asked for'
    if fault := _fault_of(bbox):
        return None, f'"bbox" of {shown(label)} {fault}'
    return AnsweredBox(" ".join(label.split()), *map(float, bbox)), ""


def _fault_of(bbox: Any) -> str:  # noqa: ANN401 - whatever the JSON has
    """Why something is no box, as the end of a sentence about it; '' for a box."""
    if not isinstance(bbox, list) or len(bbox) != 4 or not all(map(_is_number, bbox)):
        return "must be four numbers"
    if not all(0 <= value <= FULL for value in bbox):
        return f"is outside 0 to {FULL}: {_listed(bbox)}"
    if max(bbox) <= 1:
        return f"must be in thousandths: {_listed(bbox)}"
    if bbox[0] >= bbox[2] or bbox[1] >= bbox[3]:
        return (
            f"must be left, top, right, bottom, with left < right and top < bottom: {_listed(bbox)}"
        )
    return ""


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def shown(label: str) -> str:
    """A label as a fault quotes it."""
    return json.dumps(" ".join(label.split())[:60], ensure_ascii=False)


def _listed(bbox: Sequence[float]) -> str:
    """As in JSON; a whole number may have hundreds of digits, more than a float can hold."""
    return ", ".join(json.dumps(value)[:LONGEST_NUMBER] for value in bbox)
