"""Words that can be left out of a caption without asking a model, and the caption without them.

"A cartoon rabbit named Buck" and "grey-furred Buck" say what the name must stand for: a trained
model would learn the character by these words. "In this scene," says nothing. The review page has
the same rules (`pages/static/review/captions.js`); a test holds both to one list of captions.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from onmodel.datasets.mentions import LETTER, composed, mentions, name_pattern

WORD = r"[^\W\d_]+"
HYPHENED_WORD = r"(?:[^\W_]|-)+"

EMPTY_OPENING = re.compile(
    r"^\W*(?:here|(?:with)?in\s+(?:this|the)\s+(?:scene|frame|shot|moment|image|picture|photo))"
    r"\s*,\s*(?=\S)",
    re.IGNORECASE,
)
"""A beginning without which the sentence is whole."""


@dataclass(frozen=True)
class NeedlessWords:
    """Words that can be left out.

    Attributes:
        phrase: as they are written.
        without: the text without them, tidied.
    """

    phrase: str
    without: str


def introduction(text: str, name: str) -> NeedlessWords | None:
    """The first words of a text that describe a character together with its name."""
    searched = composed(text)
    for pattern in _patterns(name):
        found = pattern.search(searched)
        if found:
            return _without(text, *found.span())
    return None


def empty_opening(text: str) -> NeedlessWords | None:
    """A beginning such as "In this scene," before the description."""
    found = EMPTY_OPENING.search(text)
    return _without(text, *found.span()) if found else None


def without_needless_words(text: str, names: Iterable[str], least: int = 1) -> str:
    """The text without any of them; the very same text when it has none.

    Args:
        text: a caption.
        names: of characters. A text that would lose one of them stays as it is.
        least: characters. A text that would have fewer stays as it is.
    """
    cast = tuple(name for name in names if name.strip())
    short, found = text, _needless(text, cast)
    while found is not None:
        short = found.without
        found = _needless(short, cast)
    loses = len(short) < least or any(
        mentions(text, name) and not mentions(short, name) for name in cast
    )
    return text if loses else short


def _needless(text: str, names: tuple[str, ...]) -> NeedlessWords | None:
    return empty_opening(text) or next(
        (found for name in names if (found := introduction(text, name))), None
    )


def _without(text: str, start: int, end: int) -> NeedlessWords:
    """`start` and `end` are places in the text's NFC."""
    text = unicodedata.normalize("NFC", text)
    return NeedlessWords(text[start:end].strip(), _tidied(text[:start] + text[end:]))


def _tidied(text: str) -> str:
    """Single spaces, none before punctuation, and a capital at the beginning."""
    joined = re.sub(r"^[\s,:;-]+", "", re.sub(r"\s+", " ", text))
    joined = re.sub(r"\s+([,.;:])", r"\1", joined).strip()
    return joined[:1].upper() + joined[1:]


@lru_cache(maxsize=256)
def _patterns(name: str) -> tuple[re.Pattern[str], ...]:
    named = rf"(?<!{LETTER})(?:an?|the)\s+(?:{HYPHENED_WORD}\s+){{1,5}}?(?:named|called)\s+"
    hyphened = rf"(?<!{LETTER})(?:(?:an?|the)\s+)?{WORD}-{WORD}ed,?\s+"
    followed = f"(?={name_pattern(name)})"
    return tuple(re.compile(each + followed, re.IGNORECASE) for each in (named, hyphened))
