"""How many tokens of a text the model reads, and how many a text may have.

The tokenizer runs in the job alone, which counts exactly. Before a job is paid for, a text's tokens
are estimated on the safe side. Qwen's tokenizer makes one token of each digit, about one of each
other sign and of each CJK letter, one of three or more letters of the Latin alphabet, and one of
each byte of what it does not know.
"""

from __future__ import annotations

import math
from collections import Counter

MOST_TOKENS = 512 - 32
"""Of a text; the model's own chat template takes the rest."""

LETTERS_A_TOKEN = 3.0
OF_A_SIGN = 1.0
"""Of a digit or a punctuation mark in ASCII."""

OF_ANOTHER_LETTER = 1.5
OF_AN_EMOJI = 4.0
"""Of everything above U+FFFF, which UTF-8 writes as four bytes."""


def tokens_at_most(text: str) -> int:
    """An estimate on the safe side of the tokens of a text."""
    counts = Counter(map(_tokens_of, text))
    return math.ceil(sum(each * count for each, count in counts.items()))


def tokens_fault(text: str) -> str | None:
    """Why a text is too long, as a clause without its subject; None when it is not."""
    tokens = tokens_at_most(text)
    if tokens <= MOST_TOKENS:
        return None
    return f"may have {tokens:,} tokens, at most {MOST_TOKENS} are read"


def _tokens_of(letter: str) -> float:
    if letter.isascii():
        return 1 / LETTERS_A_TOKEN if letter.isalpha() or letter.isspace() else OF_A_SIGN
    return OF_AN_EMOJI if ord(letter) > 0xFFFF else OF_ANOTHER_LETTER
