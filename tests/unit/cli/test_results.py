from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from fakes.films_in_memory import FilmsInMemory
from rich.console import Console

from onmodel_cli.results import Result, as_object, show


@pytest.fixture
def result(film: Path, tmp_path: Path) -> Result:
    world = FilmsInMemory()
    world.route(world.upload("mira/films/mira.mp4", film.read_bytes()))
    run = world.started()
    summary = world.prepare(run).model_copy(
        update={"notices": ("A reference was not used",), "lost_seconds": ((1.5, 2.0), (3.0, 3.5))}
    )
    return Result(run=run, summary=summary, bucket="studio", folder=tmp_path)


def test_result_when_seconds_were_lost_then_programs_are_told(result: Result) -> None:
    told = as_object(result)
    assert told["lost_seconds"] == [[1.5, 2.0], [3.0, 3.5]]
    assert told["notices"] == ["A reference was not used"]


def test_result_when_a_folder_looks_like_markup_and_nothing_was_dropped_then_both_are_right(
    result: Result,
) -> None:
    console = Console(file=io.StringIO(), width=200, soft_wrap=True)
    folder = result.folder / "[red] [x]"
    summary = result.summary.model_copy(update={"rejected": {}})
    show(replace(result, folder=folder, summary=summary), console)
    text = console.file.getvalue()
    assert f"Pictures {folder / 'crops'}" in text and f"Records  {folder / 'records'}" in text
    assert "Dropped" not in text


def test_result_when_seconds_were_lost_then_people_are_told(result: Result) -> None:
    console = Console(file=io.StringIO(), width=200)
    show(result, console)
    text = console.file.getvalue()
    assert "! A reference was not used" in text
    assert "! Damaged, and not read: 00:01.500 to 00:02.000 and 00:03.000 to 00:03.500" in text
