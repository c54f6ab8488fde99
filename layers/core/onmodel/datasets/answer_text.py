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
from collections.abc import Sequence
from typing import Any

from onmodel.datasets.mentions import phrase_pattern

KEY = "alt_text"
THOUGHTS = re.compile(r"<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL | re.IGNORECASE)
TRAILING_COMMA = re.compile(r",(\s*[}\]])")
EMPHASIS = re.compile(
    r"(?<!\w)(?:\*{1,3}(?=\S)(.+?)(?<=\S)\*{1,3}|_{1,2}(?=\S)(.+?)(?<=\S)_{1,2})(?!\w)|`([^`]+)`"
)
TAG = re.compile(r"<(?:br|p|div|li|ul|ol|hr)\b[^<>]*>|</(?:p|div|li|ul|ol)>", re.IGNORECASE)
LINE_TAG = re.compile(
    r"</?(?:a|b|big|code|em|font|i|mark|s|small|span|strong|sub|sup|u)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
HEADING = re.compile(
    r"^\W*(?:(?:image|picture|photo)\s+)?(?:caption|alt(?:ernative)?[ _-]?text|description)\s*:\s+"
    r"|^(?:sure|certainly|of course|okay|ok)[!,.:]\s+"
    r"|^here(?:['’]s| is) (?:the|a|an|your|my) [\w -]{0,40}:\s+"
    r"|^(?:[-•#]+|\d{1,2}[.)])\s+",
    re.IGNORECASE,
)
"""What a model puts before its description."""

COUNT = re.compile(r"\s*[(\[]\s*\d+\s+(?:characters|chars|words)\s*[)\]]\W*$", re.IGNORECASE)
"""The length of its description, which a model puts behind it."""

QUOTED = re.compile(
    r"^(?:\"([^\"]+)\"|“([^“”]+)”|„([^„“”]+)[“”]|«([^«»]+)»|「([^「」]+)」|『([^『』]+)』"
    r"|‘((?:[^‘’]|(?<=\w)’(?=\w))+)’|'((?:[^']|(?<=\w)'(?=\w))+)')$",
    re.DOTALL,
)
"""One pair of quotes around the whole. An apostrophe within a word is none."""

_BEGIN, _END = "\ufdd0", "\ufdd1"  # no characters: no text has them
_NO_MARKS = {ord(_BEGIN): None, ord(_END): None}

INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
"""Soft hyphens, direction marks, zero-width spaces, byte order marks. Emoji joiners stay."""

MOST_WRAPPINGS = 3  # of an object in an object, and of an entity in an entity
MOST_OBJECTS = 50  # in one answer; each is tried where a brace opens


def description_in(answer: str, names: Sequence[str] = ()) -> tuple[str | None, str]:
    """The description and no fault, or None and a fault that is worded for the model.

    Args:
        answer: the model's whole text.
        names: of characters. They stay as they are, whatever signs they have.
    """
    text = THOUGHTS.sub(" ", answer).strip().lstrip("\ufeff")
    objects = _objects(text)
    if not objects:
        return None, "the answer is not one JSON object"
    if any(set(one) != {KEY} for one in objects):
        return None, f'the object must have the key "{KEY}" and no other'
    values = [one[KEY] for one in objects]
    if any(not isinstance(value, str) for value in values):
        return None, f'"{KEY}" must be a text'
    found = {cleaned(_unwrapped(value), names) for value in values}
    if len(found) > 1:
        return None, f'"{KEY}" must stand once'
    return found.pop(), ""


def cleaned(text: str, names: Sequence[str] = ()) -> str:
    """Only the description: without markup, entities, a heading, outer quotes, invisible signs.

    Args:
        text: as the model wrote it.
        names: that stay as they are, such as `*Star*` and `A&lt;B`.

    Returns:
        It in NFC, with single spaces.
    """
    kept = _Kept(names)
    text = kept.hidden(text.translate(_NO_MARKS))
    for _ in range(MOST_WRAPPINGS):
        text = kept.hidden(html.unescape(text))
    for _ in range(MOST_WRAPPINGS):
        text = TAG.sub(" ", LINE_TAG.sub("", text)).strip()
        text = EMPHASIS.sub(_inner, text)
        text = COUNT.sub("", HEADING.sub("", text))
        text = QUOTED.sub(_inner, text)
    text = kept.shown(" ".join(INVISIBLE.sub("", text).split()))
    return unicodedata.normalize("NFC", text)


def _inner(match: re.Match[str]) -> str:
    """The group that matched."""
    return next(group for group in match.groups() if group)


class _Kept:
    """Hides names behind marks while the text around them is cleaned."""

    def __init__(self, names: Sequence[str]) -> None:
        changing = [name for name in names if _is_changed(name)]
        ordered = sorted(changing, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(phrase_pattern, ordered)), re.IGNORECASE)
        self._has_names = bool(ordered)
        self._found: list[str] = []

    def hidden(self, text: str) -> str:
        text = unicodedata.normalize("NFC", text)
        return self._pattern.sub(self._hide, text) if self._has_names else text

    def _hide(self, match: re.Match[str]) -> str:
        self._found.append(match[0])
        return f"{_BEGIN}{len(self._found) - 1}{_END}"

    def shown(self, text: str) -> str:
        return re.sub(f"{_BEGIN}(\\d+){_END}", lambda match: self._found[int(match[1])], text)


def _is_changed(name: str) -> bool:
    """Whether a text that has the name may lose a part of it."""
    return (
        cleaned(name) != name
        or any(cleaned(text) != text for text in (f"{name} a", f"{name}, a", f"{name}! a"))
        or any(sign in name for sign in "*_`<>&\"'“”„«»‘’「」『』:")
    )


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
