"""The tiny model draws noise however long it is trained: its jobs are given less to do.

Time is scaled here in all services; what runs is the same program, on fewer steps and pixels.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from onmodel_local.standins.sagemaker.records import CHANGED_WEIGHTS, NAN, Trouble

TINY = "onmodel/tiny-klein-random"
"""The model of weights.json that trainer/testing/tiny_model.py makes."""

MOST = {
    "recipe.json": {
        "steps": 24, "rank": 4, "alpha": 4, "resolution": 128, "small_resolution": 64,
        "warmup_steps": 2, "checkpoint_every": 6, "measure_every": 6, "probes": 2,
        "sample_steps": 4,
    },
    "storyboard.json": {"steps": 4},
}  # fmt: skip
"""The most of each value that a job on the tiny model gets; what is less stays."""

SMALLER = 4
"""Pictures get a fourth of the width and height that were asked for."""


def give_less_work(data: Path) -> bool:
    """Lower the numbers in the files of a job on the tiny model; whether it was one."""
    listing = data / "model" / "weights.json"
    if not listing.is_file() or json.loads(listing.read_text()).get("model") != TINY:
        return False
    for name, most in MOST.items():
        for path in data.rglob(name):
            told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            lowered = {key: min(told.get(key, limit), limit) for key, limit in most.items()}
            pictures = {
                key: [_smaller(picture) for picture in told[key]]
                for key in ("samples", "panels")
                if key in told
            }
            path.write_text(json.dumps(told | lowered | pictures), encoding="utf-8")
    return True


def _smaller(picture: dict[str, Any]) -> dict[str, Any]:
    sides = {side: picture.get(side, 1024) // SMALLER for side in ("width", "height")}
    return picture | {side: max(64, pixels - pixels % 16) for side, pixels in sides.items()}


def make_trouble(data: Path, trouble: Trouble | None) -> None:
    """Change what a job is given, so that its own program finds the fault that a test ordered."""
    if trouble is None:
        return
    if trouble.how == CHANGED_WEIGHTS:
        _change_one_byte(data / "model")
    if trouble.how == NAN:
        for path in data.glob("*/recipe.json"):
            told = json.loads(path.read_text(encoding="utf-8"))
            path.write_text(json.dumps(told | {"learning_rate": 1e30, "warmup_steps": 0}))


def _change_one_byte(model: Path) -> None:
    """Change the smallest listed file of the job; a folder of the user stays as it is."""
    names = [*json.loads((model / "weights.json").read_text())["files"], "weights.json"]
    if model.is_symlink():
        source = model.resolve()
        model.unlink()
        for name in names:
            (model / name).parent.mkdir(parents=True, exist_ok=True)
            (model / name).symlink_to(source / name)
    path = min((model / name for name in names[:-1]), key=lambda one: one.stat().st_size)
    body = bytearray(path.read_bytes())
    body[-1] ^= 1
    path.unlink()
    path.write_bytes(bytes(body))
