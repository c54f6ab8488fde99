"""COCO: a folder of pictures for each split, with their boxes and captions as two JSON files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from onmodel.contracts.datasets import DatasetItem
from onmodel_cli.exports.dataset import DatasetPicture, ExportedDataset
from onmodel_cli.exports.layout import Plain, by_split, lineage, split_folder

FIGURE = "figure"
"""The category of a figure without a name."""

XYWH = tuple[float, float, float, float]
"""Left, top, width and height, in pixels of the picture file."""


class Coco(Plain):
    """instances_<split>.json with one box a picture, captions_<split>.json with its caption.

    The box is that of the figure for which the picture was cut out. A category is a character.
    """

    def path(self, picture: DatasetPicture) -> str:
        return f"{split_folder(picture)}/{picture.file_name}"

    def files(self, dataset: ExportedDataset) -> Iterator[tuple[str, bytes]]:
        names = sorted({picture.item.character or "" for picture in dataset.pictures})
        called = {slug: dataset.characters[slug].name if slug else FIGURE for slug in names}
        categories = {slug: number for number, slug in enumerate(names, start=1)}
        for split, pictures in by_split(dataset):
            shared = {
                "info": {"description": f"{dataset.production_name}, dataset {dataset.dataset_id}"},
                "licenses": [],
                "images": [_image(number, each) for number, each in enumerate(pictures, start=1)],
            }
            instances = shared | {
                "annotations": list(_boxes(pictures, categories)),
                "categories": [
                    {"id": number, "name": called[slug], "supercategory": "character"}
                    for slug, number in categories.items()
                ],
            }
            captions = shared | {
                "annotations": [
                    {"id": number, "image_id": number, "caption": picture.caption}
                    for number, picture in enumerate(pictures, start=1)
                ]
            }
            yield f"annotations/instances_{split}.json", json.dumps(instances).encode()
            yield f"annotations/captions_{split}.json", json.dumps(captions).encode()


def _image(number: int, picture: DatasetPicture) -> dict[str, Any]:
    item = picture.item
    return {
        "id": number,
        "file_name": picture.file_name,
        "width": item.width,
        "height": item.height,
        "source": lineage(picture),
    }


def _boxes(
    pictures: Sequence[DatasetPicture], categories: Mapping[str, int]
) -> Iterator[dict[str, Any]]:
    for number, picture in enumerate(pictures, start=1):
        box = box_in_picture(picture.item)
        if box is not None:
            yield {
                "id": number,
                "image_id": number,
                "category_id": categories[picture.item.character or ""],
                "bbox": list(box),
                "area": round(box[2] * box[3], 2),
                "segmentation": [],
                "iscrowd": 0,
            }


def box_in_picture(item: DatasetItem) -> XYWH | None:
    """The figure in the picture's own pixels; None in datasets that do not know what was cut."""
    window = item.window
    if window is None:
        return None
    across, down = item.width / window.width, item.height / window.height
    left = max(0.0, (item.box.left - window.left) * across)
    top = max(0.0, (item.box.top - window.top) * down)
    right = min(float(item.width), (item.box.right - window.left) * across)
    bottom = min(float(item.height), (item.box.bottom - window.top) * down)
    if right <= left or bottom <= top:
        return None
    return round(left, 2), round(top, 2), round(right - left, 2), round(bottom - top, 2)
