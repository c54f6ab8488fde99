"""Finds the description in a captioning model's answer, whatever stands around it.

Asking again costs as much as asking once, so an answer is taken when it holds one description and
no other: within prose, in a code fence, behind a model's thoughts, with a trailing comma, twice the
same.
"""

from __future__ import annotations

import html
import json
import re
import unicodedata
from typing import Any

KEY = "alt_text"
THOUGHTS = re.compile(r"<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL | re.IGNORECASE)
TRAILING_COMMA = re.compile(r",(\s*[}\]])")
EMPHASIS = re.compile(
    r"(?<!\w)(?:\*{1,3}(?=\S)(.+?)(?<=\S)\*{1,3}|_{1,2}(?=\S)(.+?)(?<=\S)_{1,2})(?!\w)|`([^`]+)`"
)
INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
"""Soft hyphens, direction marks, zero-width spaces, byte order marks. Emoji joiners stay."""

MOST_WRAPPINGS = 3  # of an object in an object, and of an entity in an entity
MOST_OBJECTS = 50  # in one answer; each is tried where a brace opens


def description_in(answer: str) -> tuple[str | None, str]:
    """The description and no fault, or None and a fault that is worded for the model."""
    text = THOUGHTS.sub(" ", answer).strip().lstrip("\ufeff")
    objects = _objects(text)
    if not objects:
        return None, "the answer is not one JSON object"
    if any(set(one) != {KEY} for one in objects):
        return None, f'the object must have the key "{KEY}" and no other'
    values = [one[KEY] for one in objects]
    if any(not isinstance(value, str) for value in values):
        return None, f'"{KEY}" must be a text'
    found = {cleaned(_unwrapped(value)) for value in values}
    if len(found) > 1:
        return None, f'"{KEY}" must stand once'
    return found.pop(), ""


def cleaned(text: str) -> str:
    """Without markup, entities and invisible characters; composed (NFC), spaces joined."""
    for _ in range(MOST_WRAPPINGS):
        text = html.unescape(text)
    text = EMPHASIS.sub(lambda match: next(filter(None, match.groups())), text)
    text = INVISIBLE.sub("", text)
    return unicodedata.normalize("NFC", " ".join(text.split()))


def _objects(text: str) -> list[dict[str, Any]]:
    """Every JSON object that does not stand within another one."""
    found = _decoded(text)
    return found or _decoded(TRAILING_COMMA.sub(r"\1", text))


def _decoded(text: str) -> list[dict[str, Any]]:
    decoder = json.JSONDecoder(strict=False, object_pairs_hook=_all_values)
    found: list[dict[str, Any]] = []
    at = text.find("{")
    tries = 0
    while at != -1 and tries < MOST_OBJECTS:
        tries += 1
        try:
            value, end = decoder.raw_decode(text, at)
            found += value
        except (json.JSONDecodeError, RecursionError):
            end = at + 1
        at = text.find("{", end)
    return found


def _all_values(pairs: list[tuple[str, Any]]) -> list[dict[str, Any]]:
    """One object for each value of a repeated key, so that none of them is lost."""
    repeated = [value for key, value in pairs if key == KEY]
    if len(repeated) == len(pairs) and repeated:
        return [{KEY: value} for value in repeated]
    return [dict(pairs)]


def _unwrapped(text: str) -> str:
    """The description of an object that was written as text into the object."""
    for _ in range(MOST_WRAPPINGS):
        inner = _objects(text) if text.strip().startswith("{") else []
        if len(inner) != 1 or set(inner[0]) != {KEY} or not isinstance(inner[0][KEY], str):
            break
        text = inner[0][KEY]
    return text
