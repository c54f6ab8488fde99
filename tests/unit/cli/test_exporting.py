"""`onmodel export`: what is in the folder in each format, what is not, and a second run."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import pytest
from fakes.training_in_memory import PRODUCTION, TrainingInMemory
from typer.testing import CliRunner, Result

from onmodel.contracts.datasets import DatasetItem, DatasetRef, LeftOutReason
from onmodel.contracts.review import PostedCorrection, Verdict
from onmodel.contracts.rows import DatasetStatus
from onmodel.films.corrections import read_corrections, save_corrections
from onmodel.formats.jsonl import read_lines, write_lines
from onmodel.registry.kinds import DATASETS
from onmodel_cli import main, options
from onmodel_cli.connection import Connection
from onmodel_cli.dataset_diff import WHY_NOT
from onmodel_cli.exporting import WHY
from onmodel_cli.exports.folder import MISSING

Command = Callable[..., Result]


@pytest.fixture
def world(captioned: tuple[TrainingInMemory, DatasetRef]) -> TrainingInMemory:
    return deepcopy(captioned[0])


@pytest.fixture
def dataset(captioned: tuple[TrainingInMemory, DatasetRef]) -> DatasetRef:
    return captioned[1]


@pytest.fixture
def export(connection: Connection, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    monkeypatch.setattr(options, "open_stack", lambda *_: connection)
    monkeypatch.chdir(tmp_path)
    return lambda *more: CliRunner().invoke(main.app, ["export", "-p", PRODUCTION, *more])


def items_of(world: TrainingInMemory, dataset: DatasetRef) -> tuple[DatasetItem, ...]:
    return read_lines(DatasetItem, world.studio.get(world.keys(dataset).items))


def correct(world: TrainingInMemory, crop_id: str, **decided: object) -> None:
    posted = PostedCorrection.model_validate({"crop_id": crop_id, "version": 0, **decided})
    saved = save_corrections(
        PRODUCTION, [posted], registry=world.registry, clock=world.clock,
        limits=world.trainer.limits.dataset,
    )  # fmt: skip
    assert saved[0].saved


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_reasons_when_a_dataset_leaves_a_picture_out_then_each_has_words() -> None:
    assert set(WHY) == {*LeftOutReason, MISSING}
    assert set(WHY_NOT) == set(LeftOutReason)


def test_export_when_no_format_is_given_then_pictures_captions_and_lineage(
    export: Command, world: TrainingInMemory, dataset: DatasetRef
) -> None:
    done = export("--to", "out", "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == 0, done.stderr
    assert (told["pictures"], told["characters"]) == (8, {"big-buck": 4, "frank": 4})
    assert (told["dataset_id"], told["format"]) == (dataset.dataset_id, "onmodel")
    for line, item in zip(lines(Path("out/items.jsonl")), items_of(world, dataset), strict=True):
        assert line["path"] == f"pictures/{item.crop_id}.jpeg"
        assert Path("out", str(line["path"])).read_bytes() == world.studio.get(item.key)
        assert line["caption"] == f"{line['name']} runs across a meadow, a butterfly just ahead."
        assert (line["film"], line["item"]) == ("a.mp4", item.model_dump(mode="json"))


def test_export_when_people_corrected_since_then_their_corrections_hold(
    export: Command, world: TrainingInMemory, dataset: DatasetRef
) -> None:
    first, second, third, *_ = (item.crop_id for item in items_of(world, dataset))
    correct(world, first, verdict=Verdict.REJECTED)
    correct(world, second, character="gus")
    correct(world, third, caption="Big Buck sleeps.")
    done = export("--to", "out")
    told = {str(line["path"])[9:-5]: line for line in lines(Path("out/items.jsonl"))}
    assert first not in told
    assert told[second]["name"] == "Gus"
    assert told[second]["caption"] == "Gus runs across a meadow, a butterfly just ahead."
    assert told[third]["caption"] == "Big Buck sleeps."
    dropped = lines(Path("out/dropped.jsonl"))
    assert [(line["crop_id"], line["reason"]) for line in dropped] == [(first, "reviewed_out")]
    assert f"{first} (Big Buck): a person rejected it in the review" in done.stdout


def test_export_when_a_picture_was_deleted_then_dropped_by_name(
    export: Command, world: TrainingInMemory, dataset: DatasetRef
) -> None:
    gone = items_of(world, dataset)[0]
    world.studio.delete_prefix(gone.key)
    told = json.loads(export("--to", "out", "--format", "imagefolder", "--json").stdout)
    assert (told["pictures"], told["dropped"]) == (7, {"missing": 1})
    assert told["dropped_of_dataset"][0]["crop_id"] == gone.crop_id
    names = [line["file_name"] for line in lines(Path("out/train/metadata.jsonl"))]
    assert f"{gone.crop_id}.jpeg" not in names


def test_export_when_run_again_then_it_is_there_already(
    export: Command, dataset: DatasetRef
) -> None:
    assert export("--to", "out").exit_code == 0
    first = Path("out/export.json").stat().st_mtime_ns
    again = export("--to", "out")
    assert again.exit_code == 0
    assert "It is there already" in again.stdout
    assert Path("out/export.json").stat().st_mtime_ns == first


def test_export_when_the_folder_was_changed_by_hand_then_refused_and_kept(
    export: Command, dataset: DatasetRef
) -> None:
    assert export("--to", "out", "--format", "kohya").exit_code == 0
    text = next(Path("out").rglob("*.txt"))
    text.write_text("my words")
    refused = export("--to", "out", "--format", "coco")
    assert (refused.exit_code, text.read_text()) == (3, "my words")
    assert text.name in refused.stderr
    assert export("--to", "out", "--format", "coco", "--overwrite").exit_code == 0
    assert not text.exists()


def test_export_when_unchanged_and_another_format_is_asked_for_then_replaced(
    export: Command, dataset: DatasetRef
) -> None:
    assert export("--to", "out", "--format", "kohya").exit_code == 0
    Path("out/.DS_Store").write_bytes(b"of a system")
    assert export("--to", "out", "--format", "coco").exit_code == 0
    assert sorted(path.name for path in Path().iterdir()) == ["out"]
    assert not list(Path("out").rglob("*.txt"))


def test_export_when_the_folder_holds_something_else_then_refused(
    export: Command, dataset: DatasetRef
) -> None:
    Path("out").mkdir()
    Path("out/mine.txt").write_text("mine")
    refused = export("--to", "out", "--overwrite")
    assert (refused.exit_code, Path("out/mine.txt").read_text()) == (3, "mine")
    assert "exists, and holds no export" in refused.stderr


def test_export_when_no_dataset_has_captions_then_refused(
    export: Command, world: TrainingInMemory, dataset: DatasetRef
) -> None:
    row = DATASETS.require(world.registry, PRODUCTION, dataset.dataset_id)
    DATASETS.replace(world.registry, row.with_status(DatasetStatus.ASSEMBLED), world.clock())
    refused = export("--to", "out")
    assert (refused.exit_code, Path("out").exists()) == (3, False)
    assert "has no dataset with captions yet: the newest is assembled" in refused.stderr


@pytest.mark.parametrize("wanted", ["d0001", None])
def test_export_when_the_dataset_is_named_by_its_beginning_then_found(
    export: Command, dataset: DatasetRef, wanted: str | None
) -> None:
    more = [] if wanted is None else ["--dataset", wanted]
    assert json.loads(export("--json", *more).stdout)["dataset_id"] == dataset.dataset_id
    assert Path(f"onmodel-out/bunny/datasets/{dataset.dataset_id}-onmodel/export.json").exists()


def test_export_when_the_dataset_is_unknown_then_the_known_ones_are_named(
    export: Command, dataset: DatasetRef
) -> None:
    refused = export("--dataset", "d0009")
    assert refused.exit_code == 3
    assert dataset.dataset_id in refused.stderr


@pytest.mark.parametrize(
    ("layout", "prefix"), [("kohya", "s3://b/f"), ("bedrock", "https://example.org")]
)
def test_export_when_the_format_has_no_such_prefix_then_refused(
    export: Command, dataset: DatasetRef, layout: str, prefix: str
) -> None:
    refused = export("--to", "out", "--format", layout, "--prefix", prefix)
    assert (refused.exit_code, Path("out").exists()) == (3, False)


def test_export_when_it_was_interrupted_then_it_goes_on_with_what_it_has(
    export: Command, world: TrainingInMemory, dataset: DatasetRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = world.studio.get
    last = items_of(world, dataset)[-1].key
    asked: list[str] = []

    def get(key: str, version_id: str | None = None) -> bytes:
        if key == last:
            raise KeyboardInterrupt
        return read(key, version_id)

    monkeypatch.setattr(world.studio, "get", get)
    stopped = export("--to", "out")
    assert (stopped.exit_code, Path("out").exists()) == (130, False)
    monkeypatch.setattr(world.studio, "get", lambda key, _=None: asked.append(key) or read(key))
    asked.clear()
    assert export("--to", "out").exit_code == 0
    assert [key for key in asked if "/pictures/" in key] == [last]
    assert [path.name for path in Path().iterdir()] == ["out"]


def review_in_folder(rejected: str, named: str) -> None:
    """Of the second picture, somebody else decided since the folder was written."""
    decided = [
        PostedCorrection(crop_id=rejected, version=0, verdict=Verdict.REJECTED),
        PostedCorrection(crop_id=named, version=3, character="big-buck"),
    ]
    Path("out/review.jsonl").write_bytes(write_lines(decided))


def test_export_when_the_folder_was_reviewed_then_saved_and_written_with_it(
    export: Command, world: TrainingInMemory, dataset: DatasetRef
) -> None:
    first, second, *_ = (item.crop_id for item in items_of(world, dataset))
    assert export("--to", "out").exit_code == 0
    review_in_folder(first, second)
    told = json.loads(export("--to", "out", "--json").stdout)
    assert told["corrections"] == {
        "saved": 1,
        "not_saved": {second: "somebody else decided about it meanwhile, and that holds"},
    }
    assert (told["is_new"], told["pictures"]) == (True, 7)
    assert not Path("out/review.jsonl").exists()
    assert read_corrections(PRODUCTION, world.registry).is_rejected(first)


def test_export_when_the_reviewed_folder_cannot_be_replaced_then_saved_corrections_are_told(
    export: Command, world: TrainingInMemory, dataset: DatasetRef
) -> None:
    first, second, *_ = (item.crop_id for item in items_of(world, dataset))
    assert export("--to", "out").exit_code == 0
    review_in_folder(first, second)
    Path("out/mine.txt").write_text("a file of a person")
    refused = export("--to", "out")
    assert refused.exit_code == 3 and "was changed since: mine.txt" in refused.stderr
    assert "1 correction of the folder saved" in refused.stderr
    assert f"{second}: somebody else decided about it meanwhile" in refused.stderr


def test_review_when_neither_or_both_are_given_then_a_wrong_command() -> None:
    for wanted in ([], ["-p", "bunny", "--folder", "out"]):
        assert CliRunner().invoke(main.app, ["review", *wanted]).exit_code == 2


def test_export_when_the_folder_is_a_link_then_what_it_leads_to_is_replaced(
    export: Command, dataset: DatasetRef
) -> None:
    Path("disk").mkdir()
    Path("out").symlink_to(Path("disk"))
    assert export("--to", "out", "--format", "kohya").exit_code == 0
    assert export("--to", "out", "--format", "coco").exit_code == 0
    assert Path("out").is_symlink()
    assert Path("disk/export.json").is_file()
    assert sorted(path.name for path in Path().iterdir()) == ["disk", "out"]


def test_export_when_another_folder_is_unfinished_then_its_pictures_stay(
    export: Command, dataset: DatasetRef
) -> None:
    other = Path(".out.v2.0123456789abcdef.partial")
    own = Path(".out.0123456789abcdef.partial")
    other.mkdir()
    own.mkdir()
    assert export("--to", "out").exit_code == 0
    assert (other.exists(), own.exists()) == (True, False)
