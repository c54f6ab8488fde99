"""Two datasets, or two trainings, side by side: every number that is known of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from onmodel.contracts.judging import JudgedNumber, Judgement
from onmodel.contracts.rows import Kind, TrainingBody
from onmodel.formats.wording import dollars, listed, person_name, when
from onmodel.registry.kinds import DatasetRow, StoryboardRow, TrainingRow
from onmodel.registry.rows import AnyRow

NONE = "–"
"""Shown where one of both has no such number."""

ComparedRowT = TypeVar("ComparedRowT", bound=AnyRow)


@dataclass(frozen=True)
class ComparedLine:
    """One line of the table; a value for each of both."""

    title: str
    values: tuple[str, ...]

    @property
    def differs(self) -> bool:
        return len(set(self.values)) > 1


@dataclass(frozen=True)
class SideBySide:
    """`heads` are the ids of what is compared."""

    heads: tuple[str, ...]
    lines: tuple[ComparedLine, ...]


def chosen_two(
    rows: Sequence[ComparedRowT], wanted: Sequence[str]
) -> tuple[ComparedRowT, ComparedRowT] | None:
    """The two with the wanted ids, else the newest two; None when there are not two.

    Args:
        rows: of one production.
        wanted: ids, from whoever asks: what does not exist is left out.
    """
    ranked = sorted(rows, key=lambda row: row.created_at, reverse=True)
    named = [row for identity in dict.fromkeys(wanted) for row in rows if row.id == identity]
    both = [*named, *(row for row in ranked if row not in named)][:2]
    if len(both) < 2:
        return None
    older, newer = sorted(both, key=lambda row: row.created_at)
    return older, newer


def compare_datasets(rows: Sequence[DatasetRow]) -> SideBySide:
    """Pictures by character, films, captions and cost."""
    table = _Table(rows)
    table.add("made", lambda row: when(row.created_at))
    table.add("state", lambda row: row.status)
    table.add("films", lambda row: f"{len(row.body.films)}")
    table.add("pictures", lambda row: f"{row.body.pictures:,}")
    names = {slug: name for row in rows for slug, name in row.body.character_names.items()}
    counts = {slug: max(row.body.named.get(slug, 0) for row in rows)
              for slug in sorted({slug for row in rows for slug in row.body.named})}  # fmt: skip
    for slug in sorted(counts, key=lambda slug: (not slug, -counts[slug])):
        title = names.get(slug, person_name(slug)) if slug else "not named"
        table.add(f"of {title}" if slug else title, lambda row, s=slug: _number(row.body.named, s))
    table.add("captioned", lambda row: _whole(row.body.captioned))
    table.add("without a usable caption", lambda row: _whole(row.body.caption_failures))
    table.add("in the manifest", lambda row: _whole(row.body.trained))
    table.add("trainer", lambda row: row.body.trainer)
    table.add("cost, estimated", lambda row: _usd(row.body.estimated_usd))
    table.add("not possible because", lambda row: listed(row.body.findings) or NONE)
    return table.made()


def compare_trainings(
    rows: Sequence[TrainingRow], judgements: Mapping[str, Judgement]
) -> SideBySide:
    """How both were trained, what they cost, and what their newest storyboards measured.

    Args:
        rows: of one production.
        judgements: by training id, of those whose storyboard was judged.
    """
    table = _Table(rows)
    table.add("begun", lambda row: when(row.created_at))
    table.add("state", lambda row: row.status)
    table.add("dataset", lambda row: row.body.dataset_id)
    table.add("trainer", lambda row: row.body.trainer)
    for label in dict.fromkeys(value.label for row in rows for value in row.body.described):
        table.add(label, lambda row, name=label: _described(row.body, name))
    table.add("quoted", lambda row: _usd(row.body.quoted_usd))
    table.add("billed, estimated", lambda row: _usd(row.body.estimated_usd))
    for title, number in _numbers(judgements.values()):
        table.add(title, lambda row, key=number: _measured(judgements.get(row.id), key))
    return table.made()


def newest_judged(training_id: str, rows: Iterable[AnyRow]) -> StoryboardRow | None:
    """The training's storyboard that was drawn last."""
    found = list(rows)
    own = {
        row.id
        for row in found
        if row.kind == Kind.DEPLOYMENT and row.body.training_id == training_id
    }
    boards = [
        row
        for row in found
        if row.kind == Kind.STORYBOARD
        and row.body.drawn
        and (row.body.training_id == training_id or row.body.deployment_id in own)
    ]
    return max(boards, key=lambda row: row.created_at, default=None)


class _Table:
    """Collects lines; one in which neither has a value is left out."""

    def __init__(self, rows: Sequence[AnyRow]) -> None:
        self._rows = rows
        self._lines: list[ComparedLine] = []

    def add(self, title: str, value_of: Callable[..., str]) -> None:
        values = tuple(value_of(row) for row in self._rows)
        if any(value != NONE for value in values):
            self._lines.append(ComparedLine(title, values))

    def made(self) -> SideBySide:
        return SideBySide(tuple(row.id for row in self._rows), tuple(self._lines))


def _numbers(judgements: Iterable[Judgement]) -> list[tuple[str, JudgedNumber]]:
    """Title and number of the trained model's arm, each kind once."""
    found: dict[str, JudgedNumber] = {}
    for judgement in judgements:
        for number in judgement.numbers:
            if number.arm == "tuned" and number.interval is not None:
                found.setdefault(number.number, number)
    return [(f"{name} of its newest storyboard", number) for name, number in found.items()]


def _measured(judgement: Judgement | None, wanted: JudgedNumber) -> str:
    found = judgement.number(wanted.number, wanted.arm) if judgement else None
    if found is None or found.interval is None:
        return NONE
    interval = found.interval
    if interval.low is None or interval.high is None:
        return f"{interval.mean:.2f}"
    return f"{interval.mean:.2f} ({interval.low:.2f} to {interval.high:.2f})"


def _described(body: TrainingBody, label: str) -> str:
    return next((value.value for value in body.described if value.label == label), NONE)


def _number(counted: Mapping[str, int], slug: str) -> str:
    return f"{counted.get(slug, 0):,}"


def _whole(number: int | None) -> str:
    return NONE if number is None else f"{number:,}"


def _usd(usd: float | None) -> str:
    return NONE if usd is None else dollars(usd)
