"""`onmodel import`, with a stack in memory that prepares what is uploaded."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import cv2
import numpy as np
import pytest
from fakes.films_in_memory import FilmsInMemory
from fakes.training_in_memory import PRODUCTION, QUIET_SECONDS, TrainingInMemory, picture
from typer.testing import CliRunner, Result

from onmodel.contracts.crops import Crop, Rejected
from onmodel.contracts.films import Run
from onmodel.contracts.keys import FilmKeys
from onmodel.contracts.review import PostedCorrection
from onmodel.films.corrections import read_corrections, save_corrections
from onmodel.formats.jsonl import read_lines
from onmodel.registry.kinds import FILMS
from onmodel_cli import main, options
from onmodel_cli.connection import Connection

Command = Callable[..., Result]


class Stack(TrainingInMemory):
    """Prepares films, and makes datasets of them."""

    def notify(self, kind: str, about: Any, *more: Any, **extra: Any) -> None:
        if isinstance(about, Run):
            FilmsInMemory.notify(self, kind, about)
        else:
            super().notify(kind, about, *more, **extra)


@pytest.fixture
def world() -> Stack:
    return Stack()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Ten pictures of Big Buck with captions, one without, one that is broken."""
    made = tmp_path / "my pictures" / "5_big-buck"
    made.mkdir(parents=True)
    for number in range(11):
        (made / f"{number:02d}.jpg").write_bytes(picture(number, mark=number))
        if number < 10:
            (made / f"{number:02d}.txt").write_text(f"Big Buck jumps {number} times.")
    (made / "99.jpg").write_bytes(b"broken")
    return made.parent


@pytest.fixture
def import_it(connection: Connection, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    monkeypatch.setattr(options, "open_stack", lambda *_: connection)
    monkeypatch.chdir(tmp_path)

    def call(folder: Path, *more: str, answer: str | None = None) -> Result:
        wanted = ["import", str(folder), "-p", PRODUCTION, *more]
        return CliRunner().invoke(main.app, wanted, input=answer)

    return call


def run_of(world: TrainingInMemory) -> Run:
    (row,) = FILMS.list(world.registry, PRODUCTION)
    assert row.body.run is not None
    return row.body.run


def test_import_when_agreed_then_names_and_captions_are_kept_and_not_paid_for_again(
    import_it: Command, world: TrainingInMemory, folder: Path
) -> None:
    done = import_it(folder, "--yes", "--json")
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["title"], told["captions"]) == ("my pictures.pictures.zip", 10)
    assert list(told["left_out"]) == ["5_big-buck/99.jpg"]
    assert told["named"] == {"big-buck": told["crops_kept"]}
    assert [use["item"] for use in told["usage"]] == ["bedrock.fake-embedder"]
    crops = read_lines(Crop, world.studio.get(FilmKeys.of(run_of(world)).crops))
    corrections = read_corrections(PRODUCTION, world.registry)
    assert all(corrections.character(crop.crop_id, None) == "big-buck" for crop in crops)
    assert {corrections.caption(crop.crop_id) for crop in crops} <= {
        *(f"Big Buck jumps {number} times." for number in range(10)), None
    }  # fmt: skip
    captioned = sum(corrections.caption(crop.crop_id) is not None for crop in crops)
    world.collect(run_of(world))
    world.clock.advance(seconds=QUIET_SECONDS)
    generation = world.started_generations()[-1]
    assert world.settle(generation).settled
    dataset = world.assemble(generation)
    assert dataset.captions_needed == len(crops) - captioned <= 1
    for item in world.waiting(dataset):
        world.caption(item)
    assert world.collect_captions(dataset).captioned == len(crops)
    assert len(world.captions.asked) == dataset.captions_needed


def test_import_when_declined_then_nothing_is_sent(
    import_it: Command, world: TrainingInMemory, folder: Path
) -> None:
    done = import_it(folder, answer="n\n")
    assert done.exit_code == 3
    assert "11 pictures with 10 captions and 11 names: about $" in done.stderr
    assert "5_big-buck/99.jpg cannot be used: " in done.stderr
    assert "Big Buck is a new character" in done.stderr
    assert not world.uploads.keys() and not list(FILMS.list(world.registry, PRODUCTION))
    assert not read_corrections(PRODUCTION, world.registry).decisions


def test_import_when_repeated_then_prepared_before_and_later_corrections_hold(
    import_it: Command, world: TrainingInMemory, folder: Path
) -> None:
    assert import_it(folder, "--yes").exit_code == 0
    crop = next(iter(read_corrections(PRODUCTION, world.registry).decisions))
    later = PostedCorrection(crop_id=crop, version=1, caption="A person's words.")
    save_corrections(
        PRODUCTION, [later], registry=world.registry, clock=world.clock,
        limits=world.trainer.limits.dataset,
    )  # fmt: skip
    again = import_it(folder, "--yes")
    assert "Prepared before under the same settings: nothing was paid for now." in again.stdout
    assert "Of 1 picture people decided otherwise before: that holds" in again.stderr
    assert read_corrections(PRODUCTION, world.registry).caption(crop) == "A person's words."


def test_import_when_a_caption_is_too_long_then_captioned_anew_and_told(
    import_it: Command, folder: Path
) -> None:
    (folder / "5_big-buck/00.txt").write_text("x" * 3000)
    done = import_it(folder, answer="n\n")
    assert "00.jpg has a caption of 3,000 letters, not 3 to " in done.stderr
    assert "11 pictures with 9 captions" in done.stderr


def test_import_when_a_name_is_too_long_then_told_in_our_words(
    import_it: Command, folder: Path
) -> None:
    (folder / "5_big-buck").rename(folder / f"5_{'N' * 61}")
    done = import_it(folder, answer="n\n")
    assert (
        f"has the name '{'N' * 61}', which has more than 60 characters, shorten it" in done.stderr
    )


def test_archive_when_uploaded_by_other_means_then_damaged_pictures_are_listed(
    world: TrainingInMemory, tmp_path: Path
) -> None:
    with ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("one.jpg", picture(1))
        archive.writestr("two.jpg", b"broken")
        archive.writestr("small.jpg", _small())
    key = f"{PRODUCTION}/films/a.pictures.zip"
    world.upload(key, (tmp_path / "a.zip").read_bytes())
    assert world.route(world.event(key)).outcome == "started"
    world.prepare(world.started())
    rejected = read_lines(Rejected, world.studio.get(FilmKeys.of(run_of(world)).rejected))
    assert sorted((line.reason, line.detail.partition(":")[0]) for line in rejected) == [
        ("enlarged", "enlarged 5.33 times > 2"), ("unreadable", "two.jpg")
    ]  # fmt: skip


def _small() -> bytes:
    noise = np.random.default_rng(1).integers(0, 255, (96, 96, 3), dtype=np.uint8)
    return bytes(cv2.imencode(".jpg", noise)[1].tobytes())


def test_import_when_the_folder_is_empty_then_refused(import_it: Command, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    refused: Any = import_it(tmp_path / "none", "--yes")
    assert refused.exit_code == 3
    assert "holds no picture that can be imported" in refused.stderr


def test_import_when_the_disk_is_full_then_says_where_and_nothing_is_sent(
    import_it: Command, folder: Path, world: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("onmodel_cli.importing.write_archive", full)
    done = import_it(folder)
    assert done.exit_code == 3
    assert "No space left on device. Make room there, or set TMPDIR" in done.output
    assert not list(world.uploads.list(""))
