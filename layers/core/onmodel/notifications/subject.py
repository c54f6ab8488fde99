"""The subject of a mail: ASCII, under 100 characters, and it still says what happened.

A subject is a template's own words around values, such as the name of a film. When it is too long
the values are shortened: the words say what became of the film.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from slugify import slugify

from onmodel.contracts.keys import slug

SUBJECT_LIMIT = 99  # SNS: under 100 characters, ASCII, no line breaks

VALUE_BEGINS, VALUE_ENDS = "\ue000", "\ue001"
"""Around each value that a template writes. They are not printable, so no value holds them."""

CUT = "..."
END_SHARE = 3
"""Of a shortened name one third is its end: numbers of takes and extensions stand there."""


def subject_line(marked: str) -> str:
    """The subject that a template wrote.

    Args:
        marked: its text, with VALUE_BEGINS and VALUE_ENDS around each value.

    Returns:
        ASCII of 1 to 99 characters on one line.
    """
    parts = re.split(f"[{VALUE_BEGINS}{VALUE_ENDS}]", marked)  # words, value, words, value, …
    parts = [in_ascii(part) if at % 2 else _spelled(part) for at, part in enumerate(parts)]
    while (excess := len(_joined(parts)) - SUBJECT_LIMIT) > 0:
        longest = max(range(1, len(parts), 2), key=lambda at: len(parts[at]), default=0)
        shorter = shortened_name(parts[longest], len(parts[longest]) - excess)
        if len(shorter) == len(parts[longest]):  # words alone are too long
            return shortened_name(_joined(parts), SUBJECT_LIMIT)
        parts[longest] = shorter
    return _joined(parts)


def in_ascii(name: str) -> str:
    """A name in ASCII letters; one of which nothing is left becomes the slug of its film's id."""
    path = PurePosixPath(name)
    made = _spelled(name)
    if not name.isascii() and not any(char.isalnum() for char in _spelled(path.stem)):
        made = slug(path.stem) + _spelled(path.suffix)
    return " ".join(made.split())


def shortened_name(name: str, limit: int) -> str:
    """A name of at most `limit` characters, at least 12: its beginning, dots, its end."""
    limit = max(limit, 12)
    if len(name) <= limit:
        return name
    end = (limit - len(CUT)) // END_SHARE
    begin = limit - len(CUT) - end
    return f"{name[:begin].rstrip()}{CUT}{name[len(name) - end :].lstrip()}"


def _spelled(text: str) -> str:
    return "".join(
        char if char.isascii() and char.isprintable() else slugify(char, lowercase=False)
        for char in text
    )


def _joined(parts: list[str]) -> str:
    return " ".join("".join(parts).split()) or "onmodel"
