"""`onmodel diff`: a second dataset with another film, after corrections of the first one's."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy

import pytest
from fakes.training_in_memory import PRODUCTION, QUIET_SECONDS, TrainingInMemory
from typer.testing import CliRunner, Result

from onmodel.contracts.datasets import DatasetItem, DatasetRef
from onmodel.contracts.review import PostedCorrection
from onmodel.films.corrections import save_corrections
from onmodel.formats.jsonl import read_lines
from onmodel_cli import main, options
from onmodel_cli.connection import Connection

Command = Callable[..., Result]


@pytest.fixture(scope="module")
def two(captioned: tuple[TrainingInMemory, DatasetRef]) -> tuple[TrainingInMemory, list[str]]:
    """Two datasets, and the first four crops of the older one."""
    world = deepcopy(captioned[0])
    items = read_lines(DatasetItem, world.studio.get(world.keys(captioned[1]).items))
    crops = [item.crop_id for item in items[:4]]
    decided = [{"verdict": "rejected"}, {"character": "big-buck"}, {"caption": "Big Buck sleeps."}]
    posted = [
        PostedCorrection.model_validate({"crop_id": crop, "version": 0, **one})
        for crop, one in zip(crops, decided, strict=False)
    ]
    limits = world.trainer.limits.dataset
    save_corrections(PRODUCTION, posted, registry=world.registry, clock=world.clock, limits=limits)
    world.clock.advance(seconds=1)
    world.collect(world.film("b.mp4", crops=3))
    world.clock.advance(seconds=QUIET_SECONDS)
    generation = world.started_generations()[-1]
    assert world.settle(generation).settled
    dataset = world.assemble(generation)
    for item in world.waiting(dataset):
        world.caption(item)
    world.collect_captions(dataset)
    return world, crops


@pytest.fixture
def world(two: tuple[TrainingInMemory, list[str]]) -> TrainingInMemory:
    return two[0]


@pytest.fixture
def diff(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setattr(options, "open_stack", lambda *_: connection)
    return lambda *more: CliRunner().invoke(main.app, ["diff", "-p", PRODUCTION, *more])


def test_diff_when_a_film_came_and_people_corrected_then_each_change_with_its_reason(
    diff: Command, two: tuple[TrainingInMemory, list[str]]
) -> None:
    rejected, renamed, captioned, _ = two[1]
    done = diff("--json")
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["pictures_before"], found["pictures_after"]) == (8, 10)
    assert [(one["crop_id"], one["reason"]) for one in found["removed"]] == [
        (rejected, "taken out in a review")
    ]
    assert {one["reason"] for one in found["added"]} == {
        f"of b.mp4, which is not in {found['before']}"
    }
    assert len(found["added"]) == 3
    assert found["names"] == [{"crop_id": renamed, "before": "Frank", "after": "Big Buck"}]
    before = "Big Buck runs across a meadow, a butterfly just ahead."
    own = {"crop_id": captioned, "before": before, "after": "Big Buck sleeps."}
    assert own in found["captions"]
    assert found["characters"] == [
        {"name": "Big Buck", "before": 4, "after": 6},
        {"name": "Frank", "before": 4, "after": 4},
    ]


def test_diff_when_shown_to_people_then_counts_and_reasons(
    diff: Command, two: tuple[TrainingInMemory, list[str]]
) -> None:
    shown = diff("d0001", "d0002").stdout
    assert "8 → 10 pictures: 3 added, 1 removed, 1 name changed" in shown
    assert "1 × taken out in a review" in shown
    assert f"{two[1][2]}\n    - Big Buck runs across a meadow" in shown


def test_diff_when_a_dataset_is_compared_with_itself_then_nothing_changed(diff: Command) -> None:
    assert "8 → 8 pictures: nothing changed" in diff("d0001", "d0001").stdout


@pytest.mark.parametrize("wanted", [("d0007",), ("d0001", "d0007"), ("d",)])
def test_diff_when_a_dataset_is_unknown_or_not_the_only_one_then_refused(
    diff: Command, wanted: tuple[str, ...]
) -> None:
    refused = diff(*wanted)
    assert refused.exit_code == 3
    assert "Its datasets: d0001-" in refused.stderr


def test_diff_when_there_is_no_older_dataset_then_refused(
    connection: Connection, captioned: tuple[TrainingInMemory, DatasetRef], diff: Command
) -> None:
    vars(connection.services).update(registry=captioned[0].registry, studio=captioned[0].studio)
    refused = diff()
    assert refused.exit_code == 3
    assert "has no dataset before d0001-" in refused.stderr
