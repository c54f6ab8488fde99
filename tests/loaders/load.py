"""Reads an exported folder by the program whose format it has; prints what it found as JSON.

Run by the interpreter of .venv-loaders, which has these programs: FORMAT FOLDER.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any


def imagefolder(folder: Path) -> dict[str, Any]:
    import datasets

    loaded = datasets.load_dataset("imagefolder", data_dir=str(folder))
    return {
        split: [
            {"size": list(row["image"].size), "text": row["text"], "name": row["name"],
             "box": row["box"], "timecode": row["timecode"]}
            for row in rows
        ]
        for split, rows in loaded.items()
    }  # fmt: skip


def coco(folder: Path) -> dict[str, Any]:
    from PIL import Image
    from pycocotools.coco import COCO

    found = {}
    for split in ("train", "validation"):
        boxes = COCO(folder / f"annotations/instances_{split}.json")
        texts = COCO(folder / f"annotations/captions_{split}.json")
        rows = []
        for image in boxes.loadImgs(boxes.getImgIds()):
            (box,) = boxes.loadAnns(boxes.getAnnIds(imgIds=image["id"]))
            (text,) = texts.loadAnns(texts.getAnnIds(imgIds=image["id"]))
            (category,) = boxes.loadCats(box["category_id"])
            with Image.open(folder / split / image["file_name"]) as picture:
                size = list(picture.size)
            rows.append(
                {"size": size, "told": [image["width"], image["height"]], "box": box["bbox"],
                 "mask": int(boxes.annToMask({**box, "segmentation": _outline(box["bbox"])}).sum()),
                 "name": category["name"], "text": text["caption"]}
            )  # fmt: skip
        found[split] = rows
    return found


def _outline(box: list[float]) -> list[list[float]]:
    left, top, width, height = box
    right, bottom = left + width, top + height
    return [[left, top, right, top, right, bottom, left, bottom]]


if __name__ == "__main__":
    os.environ["HF_HUB_OFFLINE"] = os.environ["HF_DATASETS_OFFLINE"] = "1"
    told, sys.stdout = sys.stdout, sys.stderr  # the programs print what they do
    result = {"imagefolder": imagefolder, "coco": coco}[sys.argv[1]](Path(sys.argv[2]))
    json.dump(result, told)
