"""Whether a text mentions a name."""

from __future__ import annotations

import re
from functools import lru_cache


def mentions(text: str, phrase: str) -> bool:
    """True when the phrase stands in the text as whole words; case and spacing do not matter.

    `Buck` is mentioned by "Buck's burrow", not by "a bucket".
    """
    words = phrase.split()
    return bool(words) and _pattern(tuple(words)).search(text) is not None


@lru_cache(maxsize=1024)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    spaced = r"\s+".join(re.escape(word) for word in words)
    return re.compile(rf"(?<!\w){spaced}(?!\w)", re.IGNORECASE)
