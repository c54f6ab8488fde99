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
LETTER = rf"(?:(?![{UNSPACED}])\w)"
"""A letter of a script that separates words."""


ORDINARY_NAME = "Mina"

SAME = str.maketrans({"\u2018": "'", "\u2019": "'", "\u2010": "-", "\u2011": "-"})
"""Apostrophes and hyphens that models write for the ones on a keyboard."""


def mentions(text: str, phrase: str) -> bool:
    """True when the phrase stands in the text as whole words; case and spacing do not matter.

    `Buck` is mentioned by "Buck's burrow" and "Buckは", not by "a bucket". Composed and decomposed
    letters are equal. In scripts without spaces the characters alone count.
    """
    words = composed(phrase).split()
    return bool(words) and _pattern(tuple(words)).search(composed(text)) is not None


def without_names(text: str, names: Iterable[str]) -> str:
    """The text with another, ordinary name for each of these."""
    for name in names:
        words = composed(name).split()
        if words:
            text = _pattern(tuple(words)).sub(ORDINARY_NAME, composed(text))
    return text


def with_name_replaced(text: str, name: str, by: str) -> str:
    """The text with another name wherever this one is mentioned as whole words."""
    words = composed(name).split()
    return _pattern(tuple(words)).sub(lambda _: by, composed(text)) if words else text


def name_pattern(name: str) -> str:
    """A pattern of the name as whole words, for a text that was `composed`."""
    return _pattern(tuple(composed(name).split())).pattern


def phrase_pattern(phrase: str) -> str:
    """A pattern of the phrase as it is written, with any spacing, wherever it stands."""
    words = unicodedata.normalize("NFC", phrase).split()
    return r"\s+".join(re.escape(word) for word in words)


def composed(text: str) -> str:
    """The text in NFC with one form of apostrophes and hyphens; as many letters as in NFC."""
    return unicodedata.normalize("NFC", text).translate(SAME)


@lru_cache(maxsize=1024)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    spaced = r"\s+".join(re.escape(word) for word in words)
    first, last = words[0][0], words[-1][-1]
    before = "" if re.match(f"[{UNSPACED}]", first) else f"(?<!{LETTER})"
    after = "" if re.match(f"[{UNSPACED}]", last) else f"(?!{LETTER})"
    return re.compile(f"{before}{spaced}{after}", re.IGNORECASE)
