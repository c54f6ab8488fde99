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
    if not isinstance(bbox, list) or len(bbox) != 4 or not all(map(_is_number, bbox)):
        return None, f'"bbox" of {_shown(label)} must be four numbers'
    if not all(0 <= value <= FULL for value in bbox):
        return None, f'"bbox" of {_shown(label)} is outside 0 to {FULL}: {_listed(bbox)}'
    left, top, right, bottom = map(float, bbox)
    if left >= right or top >= bottom:
        return None, (
            f'"bbox" of {_shown(label)} must be left, top, right, bottom, with left < right and'
            f" top < bottom: {_listed(bbox)}"
        )
    return AnsweredBox(" ".join(label.split()), left, top, right, bottom), ""


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _shown(label: str) -> str:
    return json.dumps(" ".join(label.split())[:60], ensure_ascii=False)


def _listed(bbox: Sequence[float]) -> str:
    return ", ".join(f"{value:g}" for value in bbox)
