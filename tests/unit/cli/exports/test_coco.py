from __future__ import annotations

import json
from pathlib import Path

import pytest
from exported import CAPTION, export_to, exported_dataset

from onmodel.contracts.base import Box
from onmodel_cli.exports.coco import box_in_picture


def test_coco_when_written_then_boxes_and_captions_refer_to_its_pictures(tmp_path: Path) -> None:
    folder = export_to(tmp_path / "out", "coco").folder
    instances = json.loads((folder / "annotations/instances_train.json").read_text())
    names = {one["id"]: one["name"] for one in instances["categories"]}
    assert (len(names), names[1], names[3]) == (3, "figure", "Frank")
    for image, box in zip(instances["images"], instances["annotations"], strict=True):
        assert (folder / "train" / image["file_name"]).is_file()
        assert (box["image_id"], box["iscrowd"]) == (image["id"], 0)
        assert (box["bbox"], box["area"]) == ([200.0, 100.0, 200.0, 400.0], 80000.0)
    told = json.loads((folder / "annotations/captions_validation.json").read_text())
    assert [line["caption"] for line in told["annotations"]][1] == CAPTION.format(name="Frank")
    assert instances["images"][1]["source"]["timecode"] == "01:01.500"


@pytest.mark.parametrize(
    ("box", "window", "wanted"),
    [
        ((0, 0, 256, 320), (0, 0, 256, 320), (0.0, 0.0, 512.0, 640.0)),  # the whole picture
        ((10, 10, 400, 400), (20, 20, 256, 320), (0.0, 0.0, 512.0, 640.0)),  # larger than it
        ((21, 20, 1, 1), (20, 20, 768, 960), (0.67, 0.0, 0.67, 0.67)),
        ((900, 20, 10, 10), (20, 20, 256, 320), None),  # outside
    ],
)
def test_box_when_the_picture_was_cut_and_scaled_then_in_its_pixels(
    box: tuple[int, ...], window: tuple[int, ...], wanted: tuple[float, ...] | None
) -> None:
    names = ("left", "top", "width", "height")
    item = (
        exported_dataset(1)[0]
        .pictures[0]
        .item.model_copy(
            update={
                "box": Box(**dict(zip(names, box, strict=True))),
                "window": Box(**dict(zip(names, window, strict=True))),
            }
        )
    )
    assert box_in_picture(item) == wanted


def test_box_when_a_dataset_of_before_has_no_window_then_none() -> None:
    item = exported_dataset(1)[0].pictures[0].item
    assert box_in_picture(item.model_copy(update={"window": None})) is None
