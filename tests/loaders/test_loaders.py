"""Exported folders, read by the programs whose formats they have (`make test-loaders`).

kohya-ss sd-scripts and Bedrock cannot be installed from PyPI: tests/unit/cli/exports compares their
folders with the documented layout.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from exported import CAPTION, NAMES, export_to


@pytest.fixture(scope="session")
def python() -> str:
    """The interpreter of `make test-loaders`."""
    found = os.environ.get("LOADERS_PYTHON")
    if not found:
        pytest.skip("LOADERS_PYTHON is not set: run `make test-loaders`")
    return found


def load(python: str, layout: str, folder: Path, cache: Path) -> dict[str, Any]:
    done = subprocess.run(
        [python, Path(__file__).with_name("load.py"), layout, folder],
        env={**os.environ, "HF_HOME": str(cache)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(json.loads(done.stdout))


def test_datasets_when_it_loads_the_imagefolder_then_splits_pictures_texts_and_lineage(
    python: str, tmp_path: Path
) -> None:
    folder = export_to(tmp_path / "out", "imagefolder").folder
    found = load(python, "imagefolder", folder, tmp_path / "cache")
    assert {split: len(rows) for split, rows in found.items()} == {"train": 4, "validation": 2}
    assert [row["text"] for row in found["train"]] == [
        CAPTION.format(name=NAMES[slug] if slug else "Somebody")
        for slug in ("buck", "frank", "frank", None)
    ]
    assert found["validation"][1] == {
        "size": [512, 640], "text": CAPTION.format(name="Frank"), "name": "Frank",
        "box": [120, 70, 100, 200], "timecode": "05:07.500",
    }  # fmt: skip


def test_pycocotools_when_it_loads_the_folder_then_boxes_lie_in_the_pictures(
    python: str, tmp_path: Path
) -> None:
    folder = export_to(tmp_path / "out", "coco").folder
    found = load(python, "coco", folder, tmp_path / "cache")
    assert {split: len(rows) for split, rows in found.items()} == {"train": 4, "validation": 2}
    assert found["train"][1] == {
        "size": [512, 640], "told": [512, 640], "box": [200, 100, 200, 400], "mask": 80_000,
        "name": "Frank", "text": CAPTION.format(name="Frank"),
    }  # fmt: skip
