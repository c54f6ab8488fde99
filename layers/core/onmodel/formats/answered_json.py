"""Reads the JSON that a model was asked for.

A code fence around it is taken, because Nova models often write one. Text beside it is not.
"""

from __future__ import annotations

import json
import re
from typing import Any

FENCE = re.compile(r"```(?:json)?\s*(?P<inside>.*?)\s*```", re.DOTALL | re.IGNORECASE)


def json_in(answer: str) -> Any:  # noqa: ANN401 - whatever the JSON has
    """The value of an answer.

    Raises:
        ValueError: it is not one JSON value, has a key twice, a number that JSON does not know, or
        half of a surrogate pair, which no file can be written with.
    """
    text = answer.strip()
    fenced = FENCE.fullmatch(text)
    try:
        value = json.loads(
            fenced["inside"] if fenced else text,
            parse_constant=_no_number,
            object_pairs_hook=_once,
        )
        json.dumps(value, ensure_ascii=False).encode()
    except RecursionError as fault:
        raise ValueError("nested too deep") from fault
    return value


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found
