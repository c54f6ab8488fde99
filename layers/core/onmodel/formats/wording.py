"""How numbers, times and money are written for people: the same in mails, reports and CLI."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from onmodel.contracts.crops import RejectReason

CENT = 0.01
SMALLEST = 0.00001  # the smallest that five digits show

ASKED_ABOUT = {
    "training": "training",
    "captions": "captioning",
    "review": "review",
    "deployment": "deployment",
    "drawing": "drawing",
}
"""The subject of an approval as a noun, by its purpose."""

COST_PARTS = {
    "captions": "captions",
    "training": "training",
    "drawing": "drawing the first storyboard",
    "deployment": "deployment, until its scheduled end",
    "judging": "measuring its pictures",
}
"""The parts of a quote, by their names."""

DROPPED: dict[RejectReason, str] = {
    RejectReason.BLACK: "black",
    RejectReason.BLANK: "blank",
    RejectReason.FADE: "in a fade",
    RejectReason.BLURRED: "blurred",
    RejectReason.UNCHANGED: "unchanged since the frame before",
    RejectReason.NO_FIGURE: "without a figure",
    RejectReason.NO_ANSWER: "for which the finder had no usable answer",
    RejectReason.INVENTED: "boxes of the finder that hold no figure",
    RejectReason.TOO_SMALL: "figures too small to learn from",
    RejectReason.ENLARGED: "figures too small to enlarge",
    RejectReason.TEXT: "titles and credits",
    RejectReason.SURPLUS: "figures beyond the largest of their frame",
    RejectReason.NEAR_DUPLICATE: "near-duplicates of a kept picture",
    RejectReason.UNREADABLE: "unreadable",
}
"""Reasons why frames and figures were dropped, worded to follow a number."""


def timecode(seconds: float) -> str:
    """`1:02:03.450` or `02:03.450`: hours only when there are any, milliseconds always."""
    milliseconds = round(seconds * 1000)
    hours, rest = divmod(milliseconds, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    whole, thousandths = divmod(rest, 1000)
    head = f"{hours}:{minutes:02d}" if hours else f"{minutes:02d}"
    return f"{head}:{whole:02d}.{thousandths:03d}"


def duration(seconds: float) -> str:
    """`9 min 56 s`, `2 h 5 min`, `12 s`: two units at most."""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    if minutes:
        return f"{minutes} min {left} s" if left else f"{minutes} min"
    return f"{left} s"


def dollars(usd: float | None) -> str:
    """`$0.61`; five digits below a cent; `unknown` without a price, never zero."""
    if usd is None:
        return "unknown"
    if 0 < usd < SMALLEST:
        return f"under ${SMALLEST:.5f}"
    if 0 < usd < CENT:
        return f"${usd:.5f}".rstrip("0")
    return f"${usd:,.2f}"


def count(number: float, one: str, many: str | None = None) -> str:
    """`1 picture`, `1,204 pictures`."""
    whole = int(number) if float(number).is_integer() else number
    return f"{whole:,} {one if whole == 1 else many or one + 's'}"


def listed(words: Sequence[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def person_name(character: str) -> str:
    """A character's slug as a name: `big-buck` → `Big Buck`."""
    return " ".join(part.capitalize() for part in character.split("-"))


def when(moment: datetime) -> str:
    """`2026-11-22 14:30 UTC`: readers are in any time zone."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def printable(text: str) -> str:
    """Control characters and line breaks become question marks."""
    return "".join(char if char.isprintable() else "?" for char in text)


def sentence(text: str) -> str:
    """One printable sentence with its full stop."""
    stripped = printable(text).strip()
    return stripped if not stripped or stripped[-1] in ".!?" else stripped + "."
