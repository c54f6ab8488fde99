"""`onmodel judge`: the numbers of a drawn storyboard, again, from what was measured of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from onmodel.contracts.judging import Judgement
from onmodel.contracts.keys import DatasetKeys, StoryboardKeys
from onmodel.contracts.panels import DrawnPanel, PanelItem
from onmodel.contracts.rows import StoryboardStatus
from onmodel.contracts.settings import Settings
from onmodel.contracts.storyboards import Storyboard
from onmodel.errors import NotFound, RefusedError
from onmodel.films.production import characters_of
from onmodel.films.settings import settings_in_force
from onmodel.formats.jsonl import read_lines
from onmodel.formats.wording import count
from onmodel.registry.kinds import (
    DEPLOYMENTS,
    STORYBOARDS,
    TRAININGS,
    StoryboardRow,
    TrainingRow,
)
from onmodel.storyboards.export import JUDGEMENT, NUMBERS, TakePanels, numbers_csv, write_zip
from onmodel.storyboards.naming import storyboard_name
from onmodel.storyboards.undrawn_arms import undrawn_arms
from onmodel_cli import options, speaking
from onmodel_cli.connection import Connection
from onmodel_cli.speaking import print_object

if TYPE_CHECKING:
    from onmodel.pages.judgement import Cell


class NothingToJudge(RefusedError):
    """Raised when a storyboard has no picture that was measured."""


def judge(
    production: options.Production,
    storyboard: Annotated[
        str, typer.Option("--storyboard", help="Its file's name, without .yaml.")
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="A folder for numbers.csv, judgement.json and a zip with pictures.",
        ),
    ] = None,
    stack: options.Stack = "onmodel",
    region: options.Region = None,
    local: options.Local = False,
    as_json: options.Json = False,
) -> None:
    """Show the numbers of a storyboard's newest take. Nothing is drawn, and nothing paid.

    With --json also those of every picture; with --output also as files. docs/judging.md says what
    they mean.
    """
    with speaking.plain_errors(as_json):
        connection = options.open_stack(stack, region, local)
        slug = options.production_id(production, connection.registry)
        row = _newest(connection, slug, storyboard)
        known = characters_of(slug, settings_in_force(slug, connection.studio), connection.registry)
        names = {character: role.name for character, role in known.items()}
        panels = _panels(connection, row)
        found = _judged(connection, row, panels, names)
        if output is not None:
            _save(connection, row, panels, found, output.resolve())
        if as_json:
            print_object(found.model_dump(mode="json"))
            return
        _show(found, names)


def _newest(connection: Connection, production: str, storyboard: str) -> StoryboardRow:
    name = storyboard_name(storyboard.removesuffix(".yaml"), production, connection.registry)
    rows = STORYBOARDS.list(connection.registry, production)
    drawn = [row for row in rows if row.status == StoryboardStatus.DRAWN]
    takes = [row for row in drawn if row.body.name in {name, storyboard}]
    if not takes:
        there = ", ".join(sorted({row.body.file or row.body.name for row in drawn})) or "none"
        raise NothingToJudge(
            f"No storyboard {storyboard} of {production} was drawn", f"Drawn ones: {there}"
        )
    return max(takes, key=lambda row: row.body.take)


def _keys(row: StoryboardRow) -> StoryboardKeys:
    return StoryboardKeys(row.production, row.body.name, row.body.take)


def _panels(connection: Connection, row: StoryboardRow) -> TakePanels:
    keys = _keys(row)
    items = read_lines(PanelItem, connection.studio.get(keys.plan))
    return [(item, panel) for item in items if (panel := _panel(connection, keys, item))]


def _judged(
    connection: Connection, row: StoryboardRow, panels: TakePanels, names: dict[str, str]
) -> Judgement:
    from onmodel.storyboards.judged import judge_take  # loads NumPy and OpenCV

    keys, training = _keys(row), _training(connection, row)
    dataset = _dataset(row, [item for item, _ in panels], training)
    kept = training.body.checkpoints if training else ()
    found = (
        judge_take(
            connection.studio,
            keys,
            dataset,
            panels,
            names=names,
            checkpoints=kept,
            lacking=_lacking(connection, row, training),
            simulated=bool(connection.services.notices()),
        )
        if dataset
        else None
    )
    if found is None:
        raise NothingToJudge(
            f"No picture of {row.id} was measured against a dataset",
            "Storyboards that were drawn before pictures were measured must be drawn again",
        )
    return found


def _lacking(connection: Connection, row: StoryboardRow, training: TrainingRow | None) -> str:
    """What cannot be said of a model because an arm was not drawn, and what that would cost."""
    rules = connection.services.trainer_rules.get(training.body.trainer) if training else None
    if rules is None:  # also of a trainer that a newer stack has
        return ""
    keys = _keys(row)
    return undrawn_arms(
        Storyboard.from_stored(connection.studio.get(keys.storyboard)),
        Settings.from_stored(connection.studio.get(keys.settings)),
        rules,
        connection.services.prices,
        production=row.production,
        name=row.body.name,
    )


def _panel(connection: Connection, keys: StoryboardKeys, item: PanelItem) -> DrawnPanel | None:
    try:
        return DrawnPanel.from_stored(connection.studio.get(keys.panel(item.panel)))
    except NotFound:  # its child of the map failed; the gallery says so
        return None


def _dataset(
    row: StoryboardRow, items: Sequence[PanelItem], training: TrainingRow | None
) -> DatasetKeys | None:
    if items and items[0].dataset_id is not None:
        return DatasetKeys(row.production, items[0].dataset_id)
    return DatasetKeys(row.production, training.body.dataset_id) if training else None


def _training(connection: Connection, row: StoryboardRow) -> TrainingRow | None:
    training_id = row.body.training_id
    if training_id is None and row.body.deployment_id is not None:
        deployment = DEPLOYMENTS.read(connection.registry, row.production, row.body.deployment_id)
        training_id = deployment.body.training_id if deployment else None
    return TRAININGS.read(connection.registry, row.production, training_id) if training_id else None


def _save(
    connection: Connection, row: StoryboardRow, panels: TakePanels, found: Judgement, folder: Path
) -> None:
    """Write the files; the zip last, because it has a copy of the others."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / NUMBERS).write_bytes(numbers_csv(panels, found))
    (folder / JUDGEMENT).write_text(found.model_dump_json(indent=2), encoding="utf-8")
    packed = folder / f"{row.id}.zip"
    names = write_zip(packed, panels, found, connection.studio)
    speaking.say(f"[green]✓[/] {count(len(names), 'file')} in {escape(str(packed))}")


def _show(found: Judgement, names: dict[str, str]) -> None:
    from onmodel.pages.judgement import numbers_view

    view = numbers_view(found, names)
    if view.warning:
        speaking.out.print(escape(view.warning))
    table = Table("", *(escape(arm) for arm in view.arms))
    for row in view.rows:
        table.add_row(row.title, *(escape(_in_words(cell)) for cell in row.cells))
    speaking.out.print(table)
    for line in (*view.advice, *view.notices):
        speaking.out.print(escape(line))


def _in_words(cell: Cell) -> str:
    if cell.why_not:
        return cell.why_not
    graded = f" {cell.grade}" if cell.grade else ""
    beside = f"; {cell.beside}" if cell.beside else ""
    return f"{cell.value} ({cell.interval}){graded}{beside}"
