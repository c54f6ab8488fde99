from __future__ import annotations

import json
from pathlib import Path

import pytest
from exported import CAPTION, NAMES, export_to
from fakes.training_in_memory import picture

from onmodel_cli.imports.folder import FoundFolder, ImportRefused, read_folder


def put(folder: Path, name: str, body: bytes | str | int) -> None:
    """A number makes a picture of its own."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    data = picture(body) if isinstance(body, int) else body
    path.write_bytes(data.encode() if isinstance(data, str) else data)


def said(found: FoundFolder) -> dict[str, tuple[str, str]]:
    return {one.path.name: (one.name, one.caption) for one in found.pictures}


def left_out(found: FoundFolder) -> dict[str, str]:
    return {line.path: line.why for line in found.left_out}


def test_folder_when_imagefolder_then_texts_and_names_of_its_metadata(tmp_path: Path) -> None:
    put(tmp_path, "train/a.jpg", 1)
    put(tmp_path, "test/b.jpg", 2)
    put(tmp_path, "train/metadata.jsonl", json.dumps(
        {"file_name": "a.jpg", "text": "Buck\n runs. ", "name": "Buck", "box": [1, 2, 3, 4]}
    ))  # fmt: skip
    put(tmp_path, "test/metadata.csv", 'file_name,caption\nb.jpg,"Frank, who sits."\n')
    found = read_folder(tmp_path)
    assert said(found) == {"a.jpg": ("Buck", "Buck runs."), "b.jpg": ("", "Frank, who sits.")}
    assert left_out(found) == {}


def test_folder_when_kohyas_then_captions_beside_and_names_of_folders(tmp_path: Path) -> None:
    put(tmp_path, "10_big-buck/a.jpg", 1)
    put(tmp_path, "10_big-buck/a.txt", "\ufeffBuck runs.\n")
    put(tmp_path, "2_Café Owl/b.png", picture(2, "png"))
    put(tmp_path, "2_Café Owl/b.caption", "An owl.")
    put(tmp_path, "other/c.jpg", 3)
    assert said(read_folder(tmp_path)) == {
        "a.jpg": ("Big Buck", "Buck runs."), "b.png": ("Café Owl", "An owl."), "c.jpg": ("", ""),
    }  # fmt: skip


@pytest.mark.parametrize("layout", ["onmodel", "imagefolder", "kohya", "coco", "bedrock"])
def test_folder_when_we_exported_it_then_the_same_pictures_names_and_captions(
    tmp_path: Path, layout: str
) -> None:
    found = read_folder(export_to(tmp_path / "out", layout).folder)
    assert [one.name for one in sorted(found.pictures, key=lambda one: one.path.name)] == [
        *(NAMES["buck"], "Frank", NAMES["buck"], "Frank", "", "Frank")
    ]
    assert {one.caption for one in found.pictures if one.name == "Frank"} == {
        CAPTION.format(name="Frank")
    }
    assert {line.path.partition("/")[0] for line in found.left_out} <= {
        "annotations", "manifest.jsonl", "validation.jsonl"
    }  # fmt: skip


EDITED = {
    "onmodel": ("items.jsonl", '"caption"'),
    "imagefolder": ("train/metadata.jsonl", '"text"'),
    "annotations": ("annotations.jsonl", '"alt_text"'),
    "bedrock": ("manifest.jsonl", '"caption"'),
    "coco": ("annotations/captions_train.json", '"caption"'),
}


@pytest.mark.parametrize("layout", EDITED)
def test_folder_when_a_caption_of_an_export_was_edited_then_the_new_text_holds(
    tmp_path: Path, layout: str
) -> None:
    folder = export_to(tmp_path / "out", layout).folder
    file = folder / EDITED[layout][0]
    before = json.dumps(CAPTION.format(name="Frank"))
    written = file.read_text("utf-8")
    found = before if before in written else before.encode().decode("unicode_escape")
    file.write_text(written.replace(found, '"Frank sits."', 1), "utf-8")
    captions = [one.caption for one in read_folder(folder).pictures]
    assert captions.count("Frank sits.") == 1
    assert captions.count(CAPTION.format(name="Frank")) == 2


def test_folder_when_texts_of_a_kohya_export_were_edited_then_they_hold(tmp_path: Path) -> None:
    folder = export_to(tmp_path / "out", "kohya").folder
    edited, emptied, *_ = sorted(folder.glob("*/1_frank/*.txt"))
    edited.write_text("Frank sits.")
    emptied.write_text("")
    by_stem = {one.path.stem: one.caption for one in read_folder(folder).pictures}
    assert (by_stem[edited.stem], by_stem[emptied.stem]) == ("Frank sits.", "")


def test_folder_when_a_picture_of_an_export_was_deleted_then_its_lines_are_named(
    tmp_path: Path,
) -> None:
    folder = export_to(tmp_path / "out", "imagefolder").folder
    gone = next((folder / "train").glob("*.jpeg"))
    gone.unlink()
    why = left_out(read_folder(folder))
    assert [line for line in why.values() if line.endswith(f": train/{gone.name}")] == [
        f"names no picture of the folder: train/{gone.name}"
    ] * 2


def test_folder_when_input_is_bad_then_each_file_is_listed_with_its_reason(tmp_path: Path) -> None:
    put(tmp_path, "a.jpg", 1)
    put(tmp_path, "b.jpg", picture(1))
    put(tmp_path, "broken.jpg", picture(2)[:300])
    put(tmp_path, "lost.txt", "A caption without a picture.")
    put(tmp_path, "notes.pdf", "%PDF")
    put(tmp_path, "a.txt", b"\xff\xfe\xfa not UTF-8")
    put(tmp_path, ".DS_Store", "of a system")
    put(tmp_path, "metadata.jsonl", json.dumps({"file_name": "gone.jpg", "text": "x"}) + "\n"
        + json.dumps({"file_name": "../../etc/passwd", "text": "x"}) + "\n")  # fmt: skip
    found = read_folder(tmp_path)
    why = left_out(found)
    assert [one.path.name for one in found.pictures] == ["a.jpg"]
    assert why["b.jpg"] == "has the same bytes as a.jpg"
    assert why["broken.jpg"].startswith("cannot be used: ")
    assert why["lost.txt"] == why["notes.pdf"] == "is no picture, and the caption of none"
    assert why["a.txt"].startswith("cannot be read: 'utf-8' codec can't decode")
    assert why["metadata.jsonl, line 1,"] == "names no picture of the folder: gone.jpg"
    assert why["metadata.jsonl, line 2,"] == "names no picture of the folder: ../../etc/passwd"
    assert ".DS_Store" not in why


def test_folder_when_a_line_of_its_metadata_is_damaged_then_it_is_named_and_the_others_are_read(
    tmp_path: Path,
) -> None:
    put(tmp_path, "a.jpg", 1)
    put(tmp_path, "b.jpg", 2)
    put(tmp_path, "metadata.jsonl", '{"file_name": "a.jpg", "text": "Cut off\n["b.jpg"]\n'
        '{"file_name": "b.jpg", "text": "Frank sits.", "name": "Frank"}\n')  # fmt: skip
    found = read_folder(tmp_path)
    assert said(found) == {"a.jpg": ("", ""), "b.jpg": ("Frank", "Frank sits.")}
    why = left_out(found)
    assert why["metadata.jsonl, line 1,"].startswith("cannot be read: Unterminated string")
    assert why["metadata.jsonl, line 2,"] == "cannot be read: it is no JSON object"


def test_folder_when_its_pictures_are_links_then_their_lines_are_read(tmp_path: Path) -> None:
    """As in the cache of Hugging Face's programs: the files lie beside the folder."""
    put(tmp_path, "blobs/1", 1)
    put(tmp_path, "data/metadata.jsonl", json.dumps({"file_name": "./x/../a.jpg", "text": "Buck."}))
    (tmp_path / "data/a.jpg").symlink_to(tmp_path / "blobs/1")
    found = read_folder(tmp_path / "data")
    assert said(found) == {"a.jpg": ("", "Buck.")}
    assert left_out(found) == {}


def test_folder_when_a_name_is_in_another_unicode_form_then_its_line_is_read(
    tmp_path: Path,
) -> None:
    put(tmp_path, "Cafe\u0301.jpg", 1)
    put(tmp_path, "metadata.jsonl", json.dumps({"file_name": "Caf\u00e9.jpg", "text": "Buck."}))
    assert [one.caption for one in read_folder(tmp_path).pictures] == ["Buck."]


def test_folder_when_a_path_is_impossible_then_that_line_alone_is_left_out(tmp_path: Path) -> None:
    put(tmp_path, "a.jpg", 1)
    put(tmp_path, "metadata.jsonl", "".join(json.dumps(line) + "\n" for line in (
        {"file_name": "x" * 5000, "text": "x"}, {"file_name": "a\0.jpg", "text": "x"},
        {"file_name": "a.jpg", "text": "Buck."},
    )))  # fmt: skip
    found = read_folder(tmp_path)
    assert said(found) == {"a.jpg": ("", "Buck.")}
    assert len(found.left_out) == 2


@pytest.mark.parametrize("files", [{}, {"a.txt": "x"}, {"a.jpg": "no picture"}])
def test_folder_when_it_holds_no_picture_then_refused(
    tmp_path: Path, files: dict[str, str]
) -> None:
    for name, body in files.items():
        put(tmp_path, name, body)
    with pytest.raises(ImportRefused, match="holds no picture that can be imported"):
        read_folder(tmp_path)
    with pytest.raises(ImportRefused, match="There is no folder"):
        read_folder(tmp_path / "none")
