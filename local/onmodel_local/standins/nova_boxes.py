"""Nova's answers with boxes: the figures that DetectLabels' stand-in finds, in thousandths.

It finds that there is a figure, not which: every box has the first label that was asked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from onmodel_local.vision.finder import FoundFigure

FULL = 1000
_ASKED = re.compile(r"bounding boxes of these figures.*?:\n(?P<list>(?:- .+\n)+)")
_FIRST_BOX = '[{"label": "@", "bbox": [%s]}]'

ODD: dict[str, str] = {
    "prose": "I can see two characters: one on the left, and one in the middle of the meadow.",
    "fenced": "",  # what was found, in a code fence
    "cut": '[{"label": "@", "bbox": [100, 200',
    "many": json.dumps([{"label": "@", "bbox": [i, i, i + 300, i + 300]} for i in range(200)]),
    "outside": _FIRST_BOX % "200, 300, 1400, 900",
    "inside-out": _FIRST_BOX % "900, 800, 100, 200",
    "whole": _FIRST_BOX % "0, 0, 1000, 1000",
    "twice": '[{"label": "@", "bbox": [300, 200, 700, 900]}'
    ', {"label": "@", "bbox": [300, 200, 700, 900]}]',
}
"""Unusual answers by name; @ is the first label."""


def asked_labels(text: str) -> tuple[str, ...]:
    """The labels of a question for boxes; none when the text asks for something else."""
    found = _ASKED.search(text)
    return tuple(line[2:].strip() for line in found["list"].splitlines()) if found else ()


def boxes_answer(figures: Sequence[FoundFigure], label: str) -> str:
    """The JSON array of the figures' boxes."""
    return json.dumps(
        [
            {
                "label": label,
                "bbox": [
                    round(figure.left * FULL),
                    round(figure.top * FULL),
                    min(FULL, round((figure.left + figure.width) * FULL)),
                    min(FULL, round((figure.top + figure.height) * FULL)),
                ],
            }
            for figure in figures
        ],
        ensure_ascii=False,
    )


def odd_boxes(kind: str, found: str, label: str) -> str:
    """The unusual answer of this kind; `found` is the usual one."""
    if kind == "fenced":
        return f"```json\n{found}\n```"
    return ODD[kind].replace("@", label)
