"""Composes a mail from facts and the template of their kind: plain text, wrapped.

The first line of a template is `Subject: ...`; paragraphs are separated by empty lines. Lines of a
paragraph are joined and wrapped, lines that begin with a space are kept as they are, and a
paragraph without text is left out. The link to the production's home page is added at the end, and
the correlation id, so that log lines can be found.

Every value is made printable before it is written: keys and file names may hold any characters.
They are also bounded, because SNS refuses a message of more than 256 KB, and nobody gets the mail.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from jinja2 import Environment, PackageLoader, StrictUndefined, Undefined

from onmodel.contracts.trainings import CostPart
from onmodel.formats.commands import naming_stack
from onmodel.formats.wording import (
    ASKED_ABOUT,
    COST_PARTS,
    count,
    dollars,
    duration,
    listed,
    person_name,
    printable,
    sentence,
    timecode,
    when,
)
from onmodel.notifications.commands import production_argument
from onmodel.notifications.facts.base import Facts
from onmodel.notifications.subject import VALUE_BEGINS, VALUE_ENDS, subject_line

SUBJECT = "Subject: "
BODY_LIMIT_BYTES = 64_000  # a quarter of what SNS takes; more than anybody reads
MOST_LINES = 40  # of one list
MOST_CHARACTERS = 2_000  # of one value; an S3 key has 1,024 bytes, a signed link about 500
MOST_SPANS = 5
WIDTH = 72  # mail programs show this without breaking lines


@dataclass(frozen=True)
class Mail:
    """A mail: `subject` is ASCII and under 100 characters, `body` is plain text."""

    subject: str
    body: str


class Lines(str):
    """Several lines that a filter made of printable text."""

    __slots__ = ()


def compose(
    facts: Facts,
    correlation_id: str,
    *,
    production_name: str,
    stack_options: str,
    home_link: str | None,
) -> Mail:
    """Fill the template of the facts' kind.

    Args:
        facts: of the mail.
        correlation_id: of the upload that the mail results from.
        production_name: of the facts' production, as typed: what `production` writes.
        stack_options: of the command `onmodel`; they name the stack that sends the mail.
        home_link: to the home page of the production; None in a mail about the whole stack.

    Raises:
        jinja2.UndefinedError: the template needs a value that the facts do not have.
        TypeError: the template writes a value that is no text without a filter that converts it.
    """
    values = dict(facts) | {
        "production": production_name,
        "argument": production_argument(production_name, facts.production),
        "stack_options": stack_options,
    }
    text = _TEMPLATES.get_template(f"{facts.kind}.txt.j2").render(values).strip()
    subject, _, body = text.partition("\n")
    body = naming_stack(_without_marks(body), stack_options)
    blocks = [_wrapped(paragraph) for paragraph in re.split(r"\n\s*\n", body) if paragraph.strip()]
    text = _bounded("\n\n".join(blocks))
    home = f"All of {printable(production_name)}, to look at:\n  {home_link}\n" if home_link else ""
    foot = f"--\n{home}onmodel, id {printable(correlation_id)} (the same in the logs)\n"
    return Mail(subject_line(subject.removeprefix(SUBJECT)), f"{text}\n\n{foot}")


def table(rows: Iterable[tuple[int | str, str]]) -> Lines:
    """Two columns, indented, the first flush right: a number and what it counts."""
    cells = [
        (f"{left:,}" if isinstance(left, int) else _value(left), _value(right))
        for left, right in rows
    ]
    width = max((len(left) for left, _ in cells), default=0)
    return _listed([f"  {left:>{width}}  {right}" for left, right in cells])


def bullets(texts: Iterable[str]) -> Lines:
    """Each text as one sentence after a dash."""
    return _listed([
        "\n".join(textwrap.wrap(
            sentence(_value(text)), WIDTH, initial_indent="  - ", subsequent_indent="    ",
            break_long_words=False, break_on_hyphens=False,
        ))
        for text in texts
    ])  # fmt: skip


def indented(texts: Iterable[str]) -> Lines:
    """Each text on a line of its own, which is not wrapped."""
    return _listed([f"  {_value(text)}" for text in texts])


def paragraphs(texts: Iterable[str]) -> Lines:
    """Each text as a paragraph."""
    return _listed([_value(text) for text in texts], between="\n\n")


def character_table(characters: Mapping[str, int], names: Mapping[str, str] | None = None) -> Lines:
    """Pictures by character, most first; unnamed ones, whose slug is '', last.

    Args:
        characters: pictures by slug.
        names: for people, by slug; a slug without one is written as a name.
    """
    known = names or {}
    ranked = sorted(characters.items(), key=lambda pair: (not pair[0], -pair[1], pair[0]))
    return table(
        (number, known.get(slug, person_name(slug)) if slug else "not named")
        for slug, number in ranked
    )


def cost_table(parts: Iterable[CostPart]) -> Lines:
    """The most that each part costs, what it usually costs, and whether its price is certain."""
    return table((dollars(part.usd), _cost_part(part)) for part in parts)


def _cost_part(part: CostPart) -> str:
    shown = COST_PARTS[part.name]
    if part.usual_usd != part.usd:
        shown += f"; usually {dollars(part.usual_usd)}"
    return f"{shown} (a price is not certain)" if part.is_unsure else shown


def spans(gaps: Sequence[tuple[float, float]]) -> str:
    """Start and end of each gap, both in seconds; five at most, and how many more there are."""
    shown = [f"{timecode(start)} to {timecode(end)}" for start, end in gaps[:MOST_SPANS]]
    more = len(gaps) - MOST_SPANS
    return listed([*shown, f"{more} more"] if more > 0 else shown)


def _written(value: object) -> str:
    """What a template writes for a value."""
    if isinstance(value, Lines):
        return value
    if isinstance(value, str):
        return f"{VALUE_BEGINS}{_value(value)}{VALUE_ENDS}"
    if isinstance(value, int | Undefined):
        return str(value)  # raises UndefinedError for a value that the facts do not have
    raise TypeError(f"{value!r} is no text and needs a filter")


def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("onmodel.notifications", "templates"),
        autoescape=False,  # noqa: S701 - plain text; `finalize` makes every value printable
        finalize=_written,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        bullets=bullets,
        character_table=character_table,
        cost_table=cost_table,
        count=count,
        dollars=dollars,
        duration=duration,
        indented=indented,
        listed=listed,
        paragraphs=paragraphs,
        sentence=sentence,
        spans=spans,
        table=table,
        when=when,
    )
    made.globals["ASKED_ABOUT"] = ASKED_ABOUT
    return made


_TEMPLATES = _environment()


def _without_marks(text: str) -> str:
    return text.replace(VALUE_BEGINS, "").replace(VALUE_ENDS, "")


def _value(text: str) -> str:
    """Printable, of at most MOST_CHARACTERS."""
    shown = printable(text)
    return shown if len(shown) <= MOST_CHARACTERS else shown[: MOST_CHARACTERS - 1] + "…"


def _listed(entries: Sequence[str], between: str = "\n") -> Lines:
    """The first MOST_LINES entries, and how many more there are."""
    shown = [*entries[:MOST_LINES]]
    if len(entries) > MOST_LINES:
        shown.append(f"  and {len(entries) - MOST_LINES:,} more")
    return Lines(between.join(shown))


def _bounded(text: str) -> str:
    """As many whole lines as fit BODY_LIMIT_BYTES, and how many more there are."""
    left = BODY_LIMIT_BYTES
    lines = text.split("\n")
    for number, line in enumerate(lines):
        left -= len(line.encode()) + 1
        if left < 0:
            return "\n".join([*lines[:number], f"and {len(lines) - number:,} more lines"])
    return text


def _wrapped(paragraph: str) -> str:
    lines: list[str] = []
    for kept, group in groupby(
        paragraph.strip("\n").splitlines(), lambda line: line.startswith(" ")
    ):
        if kept:
            lines += [line.rstrip() for line in group]
        else:
            lines += textwrap.wrap(
                " ".join(group), WIDTH, break_long_words=False, break_on_hyphens=False
            )
    return "\n".join(lines)
