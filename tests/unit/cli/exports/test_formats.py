"""Each format's own layout. tests/loaders reads the same folders by the programs themselves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from exported import CAPTION, NAMES, export_to

from onmodel_cli.exports.contracts import DROPPED_PICTURES, EXPORT, ITEMS

CROPS = [f"{number:09d}-0123456789" for number in range(6)]
OURS = {EXPORT, ITEMS, DROPPED_PICTURES}


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def test_imagefolder_when_written_then_a_metadata_file_beside_the_pictures_of_each_split(
    tmp_path: Path,
) -> None:
    folder = export_to(tmp_path / "out", "imagefolder").folder
    held_out = {CROPS[2], CROPS[5]}
    wanted = {f"{'validation' if crop in held_out else 'train'}/{crop}.jpeg" for crop in CROPS} | {
        "train/metadata.jsonl",
        "validation/metadata.jsonl",
    }
    assert files(folder) == wanted | OURS
    assert lines(folder / "train/metadata.jsonl")[0] == {
        "file_name": f"{CROPS[0]}.jpeg", "text": CAPTION.format(name=NAMES["buck"]),
        "crop_id": CROPS[0], "character": "buck", "name": NAMES["buck"], "look": "",
        "film": "a.mp4",
        "film_id": "a-00000000", "timecode": "00:00.000", "timecode_seconds": 0.0, "shot": 0,
        "framing": "",
        "box": [120, 70, 100, 200], "quality": 0.5,
    }  # fmt: skip


def test_kohya_when_written_then_captions_beside_pictures_in_folders_of_characters(
    tmp_path: Path,
) -> None:
    folder = export_to(tmp_path / "out", "kohya").folder
    places = {
        CROPS[0]: "train/1_buck", CROPS[1]: "train/1_frank", CROPS[2]: "validation/1_buck",
        CROPS[3]: "train/1_frank", CROPS[4]: "train/1_unnamed", CROPS[5]: "validation/1_frank",
    }  # fmt: skip
    wanted = {f"{place}/{crop}.{end}" for crop, place in places.items() for end in ("jpeg", "txt")}
    assert files(folder) == wanted | OURS
    text = (folder / f"train/1_frank/{CROPS[1]}.txt").read_text(encoding="utf-8")
    assert text == CAPTION.format(name="Frank") + "\n"


def test_annotations_when_written_then_as_the_article_has_them_with_relative_paths(
    tmp_path: Path,
) -> None:
    folder = export_to(tmp_path / "out", "annotations").folder
    found = lines(folder / "annotations.jsonl")
    assert files(folder) == {f"pictures/{crop}.jpeg" for crop in CROPS} | OURS | {
        "annotations.jsonl"
    }
    assert all((folder / line["image_ref"]).is_file() for line in found)
    assert found[1]["alt_text"] == CAPTION.format(name="Frank")
    assert (found[1]["film"], found[1]["timecode"], found[1]["split"]) == (
        "a.mp4", "01:01.500", "training"
    )  # fmt: skip


def test_annotations_when_a_prefix_is_given_then_it_stands_before_each_path(tmp_path: Path) -> None:
    folder = export_to(tmp_path / "out", "annotations", "s3://mine/here/").folder
    first = lines(folder / "annotations.jsonl")[0]
    assert first["image_ref"] == f"s3://mine/here/pictures/{CROPS[0]}.jpeg"


@pytest.mark.parametrize(
    ("prefix", "before"),
    [
        ("", "s3://studio/bunny/datasets/d0001-0a1b2c3d/pictures"),
        ("s3://mine/f", "s3://mine/f/pictures"),
    ],
)
def test_bedrock_when_written_then_its_manifest_of_addresses_in_s3(
    tmp_path: Path, prefix: str, before: str
) -> None:
    written = export_to(tmp_path / "out", "bedrock", prefix, pictures=9)
    found = lines(written.folder / "manifest.jsonl")
    assert found[0] == {
        "image-ref": f"{before}/{CROPS[0]}.jpeg", "caption": CAPTION.format(name=NAMES["buck"])
    }  # fmt: skip
    assert (len(found), len(lines(written.folder / "validation.jsonl"))) == (6, 3)
    assert written.export.notices == ()


def test_bedrock_when_it_would_refuse_the_manifest_then_told(tmp_path: Path) -> None:
    written = export_to(tmp_path / "out", "bedrock", pictures=3)
    assert written.export.notices == (
        "Bedrock would refuse manifest.jsonl, the file: 2 records, the trainer takes 5 to 10,000",
    )
