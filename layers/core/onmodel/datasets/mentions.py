"""Whether a text mentions a name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

# Thai to Khmer, kana, Chinese characters, Hangul: words stand without spaces, or end in particles.
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
    "\uf900-\ufaff\U00020000-\U0003ffff"
)
LETTER = rf"(?-i:(?![{UNSPACED}])\w)"
"""A letter of a script that separates words. With `-i`, which changes nothing here: where case is
ignored, `re` would compile each of the 70,000 characters, 2 ms for each place."""


ORDINARY_NAME = "Mina"

SAME = str.maketrans({"\u2018": "'", "\u2019": "'", "\u2010": "-", "\u2011": "-"})
"""Apostrophes and hyphens that models write for the ones on a keyboard."""


def mentions(text: str, phrase: str, names: Iterable[str] = ()) -> bool:
    """True when the phrase stands in the text as whole words; case and spacing do not matter.

    `Buck` is mentioned by "Buck's burrow" and "Buckは", not by "a bucket". Composed and decomposed
    letters are equal. In scripts without spaces the characters alone count.

    Args:
        text: to search.
        phrase: a name, or other words.
        names: of all characters. A longer one that contains the phrase is not the phrase: beside a
            character Buck Bunny, "Buck Bunny runs" does not mention Buck.
    """
    pattern = _alone(phrase, tuple(names))
    if pattern is None:
        return False
    return any(match["phrase"] is not None for match in pattern.finditer(composed(text)))


def without_names(text: str, names: Iterable[str]) -> str:
    """The text with another, ordinary name for each of these."""
    for name in longest_first(names):
        text = with_name_replaced(text, name, ORDINARY_NAME)
    return text


def with_name_replaced(text: str, name: str, by: str, names: Iterable[str] = ()) -> str:
    """The text with another name wherever `mentions` finds this one."""
    pattern = _alone(name, tuple(names))
    if pattern is None:
        return text
    return pattern.sub(lambda found: found[0] if found["phrase"] is None else by, composed(text))


def longest_first(names: Iterable[str]) -> list[str]:
    """Names in an order in which none is taken for a part of a longer one."""
    return sorted(names, key=lambda name: (-len(name), name))


def name_pattern(name: str) -> str:
    """A pattern of the name as whole words, for a text that was `composed`."""
    return _pattern(tuple(composed(name).split())).pattern


def phrase_pattern(phrase: str) -> str:
    """A pattern of the phrase as it is written, with any spacing, wherever it stands."""
    words = unicodedata.normalize("NFC", phrase).split()
    return r"\s+".join(re.escape(word) for word in words)


@lru_cache(maxsize=1024)  # each caption is searched for every name
def composed(text: str) -> str:
    """The text in NFC with one form of apostrophes and hyphens; as many letters as in NFC."""
    return unicodedata.normalize("NFC", text).translate(SAME)


@lru_cache(maxsize=1024)
def _alone(phrase: str, names: tuple[str, ...]) -> re.Pattern[str] | None:
    """Finds longer names that contain the phrase, and else, as group `phrase`, the phrase.

    None for a phrase without words.
    """
    words = tuple(composed(phrase).split())
    if not words:
        return None
    own = _pattern(words)
    longer = [
        other
        for name in longest_first(names)
        if own.search(composed(name)) and (other := tuple(composed(name).split())) != words
    ]
    either = [*(_pattern(other).pattern for other in longer), f"(?P<phrase>{own.pattern})"]
    return re.compile("|".join(either), re.IGNORECASE)


@lru_cache(maxsize=1024)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    spaced = r"\s+".join(re.escape(word) for word in words)
    first, last = words[0][0], words[-1][-1]
    before = "" if re.match(f"[{UNSPACED}]", first) else f"(?<!{LETTER})"
    after = "" if re.match(f"[{UNSPACED}]", last) else f"(?!{LETTER})"
    return re.compile(f"{before}{spaced}{after}", re.IGNORECASE)
