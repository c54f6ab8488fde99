"""`onmodel diff`: what changed between two datasets of a production."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from onmodel.errors import RefusedError
from onmodel.formats.wording import count, listed
from onmodel.ports.registry import Registry
from onmodel.registry.kinds import DATASETS, DatasetRow
from onmodel_cli import options, speaking
from onmodel_cli.dataset_diff import (
    ChangedPicture,
    ChangedText,
    CharacterChange,
    DatasetDiff,
    difference_of,
    read_made,
    titles_of,
)
from onmodel_cli.exports.dataset import chosen_dataset
from onmodel_cli.speaking import print_object

SHOWN = 10
"""Lines of each kind on the terminal; --json has all."""


class NothingToCompareWith(RefusedError):
    """Raised when a production has no older dataset."""


def diff(
    production: options.Production,
    before: Annotated[
        str | None,
        typer.Argument(metavar="A", help="A dataset, or how its id begins; else the one before B."),
    ] = None,
    after: Annotated[
        str | None,
        typer.Argument(metavar="B", help="Another one; else the newest.", show_default=False),
    ] = None,
    stack: options.Stack = "onmodel",
    region: options.Region = None,
    local: options.Local = False,
    as_json: options.Json = False,
) -> None:
    """Show which pictures, captions, names and splits changed from dataset A to dataset B."""
    with speaking.plain_errors(as_json):
        connection = options.open_stack(stack, region, local)
        slug = options.production_id(production, connection.registry)
        older, newer = chosen_pair(slug, before, after, connection.registry)
        found = difference_of(
            read_made(older, connection.studio),
            read_made(newer, connection.studio),
            titles_of(slug, connection.registry),
        )
        if as_json:
            print_object(found.model_dump(mode="json"))
        else:
            _show(found)


def chosen_pair(
    production: str, before: str | None, after: str | None, registry: Registry
) -> tuple[DatasetRow, DatasetRow]:
    """The two datasets that a person means. Raises NothingToExport or NothingToCompareWith."""
    rows = sorted(DATASETS.list(registry, production), key=lambda row: (row.created_at, row.id))
    newer = chosen_dataset(production, after, registry) if after or not rows else rows[-1]
    if before is not None:
        return chosen_dataset(production, before, registry), newer
    older = [row for row in rows if row.created_at < newer.created_at]
    if not older:
        raise NothingToCompareWith(
            f"{production} has no dataset before {newer.id}", "See `onmodel status`"
        )
    return older[-1], newer


def _show(found: DatasetDiff) -> None:
    out = speaking.out
    out.print(f"[bold]{found.before} → {found.after}[/]")
    out.print(
        f"{found.pictures_before:,} → {count(found.pictures_after, 'picture')}: {_said(found)}\n"
    )
    out.print(_characters_table(found.characters))
    _show_pictures("Added", "A did not have it", found.added)
    _show_pictures("Removed", "B does not have it", found.removed)
    _show_texts("Names", found.names)
    _show_texts("Captions", found.captions)
    _show_texts("Splits", found.splits)


def _said(found: DatasetDiff) -> str:
    parts = (
        f"{len(found.added):,} added",
        f"{len(found.removed):,} removed",
        f"{count(len(found.names), 'name')} changed",
        f"{count(len(found.captions), 'caption')} changed",
        f"{count(len(found.splits), 'split')} changed",
    )
    return listed([part for part in parts if not part.startswith("0 ")]) or "nothing changed"


def _characters_table(characters: Sequence[CharacterChange]) -> Table:
    table = Table("character", "A", "B", "", box=None)
    for number in (1, 2, 3):
        table.columns[number].justify = "right"
    for each in characters:
        change = each.after - each.before
        table.add_row(
            escape(each.name) or "[dim]not named[/]",
            f"{each.before:,}",
            f"{each.after:,}",
            f"{change:+,}" if change else "",
        )
    return table


def _show_pictures(title: str, why: str, pictures: Sequence[ChangedPicture]) -> None:
    """The reasons with their numbers, then each picture."""
    if not pictures:
        return
    out = speaking.out
    out.print(f"\n[bold]{title}[/]  [dim]why {why}[/]")
    for reason, number in Counter(picture.reason for picture in pictures).most_common():
        out.print(f"  {number:,} × {escape(reason)}")
    for picture in pictures[:SHOWN]:
        said = (picture.name or "not named", f"{picture.film} {picture.timecode}", picture.detail)
        out.print(f"  [dim]{picture.crop_id}  {escape(' · '.join(filter(None, said)))}[/]")
    _more(len(pictures))


def _show_texts(title: str, changes: Sequence[ChangedText]) -> None:
    if not changes:
        return
    speaking.out.print(f"\n[bold]{title}[/]")
    for change in changes[:SHOWN]:
        before, after = (escape(text) or "[dim]none[/]" for text in (change.before, change.after))
        speaking.out.print(f"  {change.crop_id}\n    - {before}\n    + {after}")
    _more(len(changes))


def _more(number: int) -> None:
    if number > SHOWN:
        speaking.out.print(f"  and {number - SHOWN:,} more, in --json")
