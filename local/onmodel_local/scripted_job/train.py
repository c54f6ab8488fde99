"""A training without a model: what train.py reads is read, what it writes is written."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, os.environ["ONMODEL_CODE"])

import cv2

from items import read_items
from job import JobError, Stop, run, sha256, write_json
from metrics import NAME as METRICS
from metrics import Row, write_metrics
from onmodel_local.scripted_job.files import (
    DIVERGES_ABOVE,
    loss_row,
    write_checkpoint,
    write_matrices,
)
from onmodel_local.vision.drawing import Drawing, draw
from recipe import Recipe, read_recipe
from weights import BaseModel, check_weights

ADAPTER = "pytorch_lora_weights.safetensors"
NOTHING_LEARNT = "scripted job: nothing was trained"
MOST_MEASUREMENTS = 4


@dataclasses.dataclass(frozen=True)
class Folders:
    """Of one job."""

    model: Path
    dataset: Path
    out: Path
    checkpoints: Path


@dataclasses.dataclass(frozen=True)
class Adapter:
    """What adapter.json says of a training."""

    base: BaseModel
    recipe: Recipe
    counts: dict[str, int]
    rows: list[Row]
    candidates: list[dict[str, object]]


def train_without_model(folders: Folders, stop: Stop, seconds: float) -> None:
    """Write what a training writes, and take `seconds` for it. Raises JobError as train.py does."""
    model, dataset, checkpoints = folders.model, folders.dataset, folders.checkpoints
    recipe = read_recipe(dataset / "recipe.json")
    training = read_items(dataset, "train.jsonl")
    if not training:
        raise JobError("train.jsonl has no pictures")
    base = check_weights(model)
    held_out = read_items(dataset, "validation.jsonl")
    begun = _reached(checkpoints)
    print(f"{NOTHING_LEARNT}; from_step={begun} of={recipe.steps}", flush=True)
    parts = range(1, MOST_MEASUREMENTS + 1)
    measured = {max(1, recipe.steps * part // MOST_MEASUREMENTS) for part in parts}
    rows = [_row(recipe, 0, len(training), {0})]
    candidates: list[dict[str, object]] = []
    for step in range(1, recipe.steps + 1):
        rows.append(_row(recipe, step, len(training), measured))
        if step in measured:
            candidates.append(_candidate(checkpoints, step, rows[-1]))
        if step <= begun:
            continue
        time.sleep(seconds / recipe.steps)
        if recipe.learning_rate > DIVERGES_ABOVE and step > 1:
            raise JobError(
                f"The loss is no number any more at step {step}: lower the learning rate"
            )
        if step in measured or stop.asked:
            write_checkpoint(checkpoints, step, candidates)
            write_metrics(checkpoints / METRICS, rows)
        if stop.asked:
            print(f"stopped at step {step}; no adapter was written", flush=True)
            return
    counts = {"pictures": len(training), "held_out": len(held_out)}
    _write_adapter(Adapter(base, recipe, counts, rows, candidates), folders)


def _row(recipe: Recipe, step: int, items: int, measured: set[int]) -> Row:
    return loss_row(step, recipe.steps, items, recipe.learning_rate, measured=step in measured)


def _reached(checkpoints: Path) -> int:
    """The step of the newest checkpoint; 0 without one."""
    states = sorted(checkpoints.glob("step-*/state.json"))
    return int(json.loads(states[-1].read_text())["progress"]["step"]) if states else 0


def _candidate(checkpoints: Path, step: int, row: Row) -> dict[str, object]:
    folder = checkpoints / "candidates"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"step-{step:06}.safetensors"
    write_matrices(path, step)
    return {
        "step": step, "file": path.name, "sha256": sha256(path),
        "validation_loss": row.validation_loss,
    }  # fmt: skip


def _write_adapter(made: Adapter, folders: Folders) -> None:
    base, recipe, rows, candidates = made.base, made.recipe, made.rows, made.candidates
    checkpoints, out = folders.checkpoints, folders.out
    (out / "checkpoints").mkdir(parents=True, exist_ok=True)
    for one in candidates:
        shutil.copyfile(
            checkpoints / "candidates" / str(one["file"]), out / "checkpoints" / str(one["file"])
        )
    best = candidates[-1]
    shutil.copyfile(checkpoints / "candidates" / str(best["file"]), out / ADAPTER)
    write_metrics(out / METRICS, rows)
    for name in ("LICENSE", "LICENSE.md"):
        if (base.folder / name).is_file():
            shutil.copyfile(base.folder / name, out / f"BASE_MODEL_{name}")
    for number, sample in enumerate(recipe.samples, 1):
        body = draw(
            Drawing(sample.prompt, sample.seed, NOTHING_LEARNT, sample.width, sample.height)
        )
        (out / f"sample-{number:02}.png").write_bytes(body)
    last, first = rows[-1], rows[0]
    manifest: dict[str, Any] = {
        "format": "onmodel-adapter-1",
        "adapter": ADAPTER,
        "base": {
            "model": base.name, "revision": base.revision,
            "licence": base.licence, "notice": NOTHING_LEARNT, "weights_sha256": base.sha256,
        },
        "dataset": made.counts,
        "recipe": dataclasses.asdict(recipe),
        "resolution": recipe.resolution,
        "ended": "finished",
        "steps": recipe.steps,
        "chosen": {"step": best["step"], "reason": NOTHING_LEARNT},
        "checkpoints": candidates,
        "losses": {
            "training": last.smooth_loss,
            "validation_before": first.validation_loss, "validation": last.validation_loss,
            "probe_before": first.probe_loss, "probe": last.probe_loss,
        },
        "device": "none",
        "seconds": last.seconds,
        "fingerprint": "scripted",
        "versions": {"cv2": cv2.__version__},
        "files": {
            str(path.relative_to(out)): sha256(path)
            for path in sorted(out.rglob("*")) if path.is_file() and path.name != "adapter.json"
        },
    }  # fmt: skip
    write_json(out / "adapter.json", manifest)


def main() -> int:
    """Parse the arguments of train.py."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("model", "dataset", "out", "checkpoints", "failure"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--deadline-seconds", type=float)
    parser.add_argument("--precision")
    asked = parser.parse_args()
    folders = Folders(asked.model, asked.dataset, asked.out, asked.checkpoints)
    stop = Stop(asked.deadline_seconds)
    stop.listen()
    seconds = float(os.environ["ONMODEL_SCRIPTED_SECONDS"])

    def work() -> None:
        train_without_model(folders, stop, seconds)

    return run(work, asked.failure)


if __name__ == "__main__":
    sys.exit(main())
