"""A mail's form: an ASCII subject that SNS accepts, and wrapped plain text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from slugify import slugify

SUBJECT_LIMIT = 99  # SNS: under 100 characters, ASCII, no line breaks
WIDTH = 72  # what every mail reader shows without breaking lines itself


@dataclass(frozen=True)
class Mail:
    """What is published: `subject` is ASCII and under 100 characters, `body` is plain text."""

    subject: str
    body: str


def letter(subject: str, *paragraphs: str, correlation_id: str) -> Mail:
    """Put a mail together.

    Args:
        subject: anything; made ASCII and cut.
        paragraphs: empty ones are left out; lines that begin with a space are kept as they are.
        correlation_id: written at the bottom, so that log lines can be found.
    """
    blocks = [_wrapped(paragraph) for paragraph in paragraphs if paragraph.strip()]
    blocks.append(f"--\nonmodel, id {printable(correlation_id)}")
    return Mail(subject=_subject(subject), body="\n\n".join(blocks) + "\n")


def table(rows: Iterable[tuple[str, str]]) -> str:
    """Two columns, indented, the first flush right: figures and what they count."""
    pairs = list(rows)
    width = max((len(left) for left, _ in pairs), default=0)
    return "\n".join(f"  {left:>{width}}  {right}" for left, right in pairs)


def bullets(lines: Iterable[str]) -> str:
    """One printable sentence a line, each after a dash."""
    rows: list[str] = []
    for line in lines:
        rows += textwrap.wrap(
            sentence(line), WIDTH, initial_indent="  - ", subsequent_indent="    ",
            break_long_words=False, break_on_hyphens=False,
        )  # fmt: skip
    return "\n".join(rows)


def when(moment: datetime) -> str:
    """`2026-11-22 14:30 UTC`: readers live anywhere."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def places(rows: Sequence[tuple[str, str]]) -> str:
    """Names and addresses, each address on a line of its own so that it stays clickable."""
    return "\n".join(f"  {name}:\n    {printable(address)}" for name, address in rows)


def printable(text: str) -> str:
    """Without control characters: keys and file names are other people's text."""
    return "".join(char if char.isprintable() else "?" for char in text)


def sentence(text: str) -> str:
    """One printable sentence with its full stop."""
    stripped = printable(text).strip()
    return stripped if not stripped or stripped[-1] in ".!?" else stripped + "."


def _subject(text: str) -> str:
    made = "".join(
        char if char.isascii() else slugify(char, lowercase=False) for char in printable(text)
    )
    made = " ".join(made.split()) or "onmodel"
    return made if len(made) <= SUBJECT_LIMIT else made[: SUBJECT_LIMIT - 3].rstrip() + "..."


def _wrapped(paragraph: str) -> str:
    lines: list[str] = []
    for line in paragraph.splitlines():
        if line.startswith(" "):
            lines.append(line.rstrip())
        else:
            lines += textwrap.wrap(line, WIDTH, break_long_words=False, break_on_hyphens=False) or [
                ""
            ]
    return "\n".join(lines)
