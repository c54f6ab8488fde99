"""Train a LoRA of FLUX.2 klein on captioned pictures: the entry point of a training job.

    python train.py --model MODEL --dataset DATASET --out OUT --checkpoints CHECKPOINTS

DATASET holds recipe.json, train.jsonl, validation.jsonl (optional) and the pictures. A training
that was stopped and resumed gives the same bytes as one that was not. adapter.json is written last:
without it the training did not finish.
"""

from __future__ import annotations

import argparse
import dataclasses
import gc
import json
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # matrix products that repeat exactly

import torch

from adapter import write_adapter
from encoding import encode
from items import read_items
from job import JobError, Stop, run, write_json
from recipe import Recipe, read_recipe
from training_loop import Task, Training
from weights import check_weights


@dataclasses.dataclass(frozen=True)
class Folders:
    """Of one job."""

    model: Path
    dataset: Path
    out: Path
    checkpoints: Path


def train(
    folders: Folders,
    *,
    precision: str = "auto",
    deadline_seconds: float | None = None,
    stop: Stop | None = None,
) -> bool:
    """Train, choose the best checkpoint, draw the samples, and write the adapter.

    Args:
        folders: of the job.
        precision: auto, float32 or bfloat16.
        deadline_seconds: when training ends and what was reached is written; less than MaxRuntime.
        stop: for tests; else SIGTERM is listened to.

    Returns:
        False when it was stopped: a checkpoint was written and no adapter.

    Raises:
        JobError: only a person can put it right.
    """
    begun = time.monotonic()
    recipe = read_recipe(folders.dataset / "recipe.json")
    if stop is None:
        stop = Stop(deadline_seconds)
        stop.listen()
    for folder in (folders.out, folders.checkpoints):
        folder.mkdir(parents=True, exist_ok=True)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    half = precision == "bfloat16" or (precision == "auto" and device == "cuda")
    torch.use_deterministic_algorithms(True, warn_only=True)
    training = read_items(folders.dataset, "train.jsonl")
    if not training:
        raise JobError("train.jsonl has no pictures")
    memory = folders.checkpoints / "resolution.json"
    task = Task(
        recipe,
        _resolution(memory, recipe),
        check_weights(folders.model),
        training,
        read_items(folders.dataset, "validation.jsonl"),
        device,
        torch.bfloat16 if half else torch.float32,
    )
    try:
        return _attempt(task, folders, stop, begun)
    except torch.OutOfMemoryError as error:
        if task.resolution <= recipe.small_resolution:
            raise JobError(
                f"The memory of the GPU does not suffice at {task.resolution} pixels:"
                " choose an instance with more"
            ) from error
        print(f"out of memory at {task.resolution} px, again at {recipe.small_resolution} px",
              flush=True)  # fmt: skip
    gc.collect()
    if device == "cuda":
        torch.cuda.empty_cache()
    write_json(memory, recipe.small_resolution)
    smaller = dataclasses.replace(task, resolution=recipe.small_resolution)
    try:
        return _attempt(smaller, folders, stop, begun)
    except torch.OutOfMemoryError as error:
        raise JobError(
            f"The memory of the GPU does not suffice at {smaller.resolution} pixels:"
            " choose an instance with more"
        ) from error


def _resolution(memory: Path, recipe: Recipe) -> int:
    """The smaller one when an attempt before had too little memory, else the recipe's."""
    if not memory.is_file():
        return recipe.resolution
    try:
        remembered = json.loads(memory.read_text(encoding="utf-8"))
    except ValueError:
        remembered = None
    if remembered != recipe.small_resolution:  # the copy to S3 was cut off, or another recipe
        print(f"{memory.name} is not of this training and is not used", flush=True)
        return recipe.resolution
    return recipe.small_resolution


def _attempt(task: Task, folders: Folders, stop: Stop, begun: float) -> bool:
    recipe = task.recipe
    texts = {item.caption for item in task.items} | {"", *(one.prompt for one in recipe.samples)}
    encoded = encode(
        task.base, texts, task.items, resolution=task.resolution,
        max_sequence_length=recipe.max_sequence_length, device=task.device, dtype=task.dtype,
    )  # fmt: skip
    training = Training(task, encoded, folders.checkpoints, begun)
    print(f"pictures={len(task.training)} held_out={len(task.held_out)} from_step="
          f"{training.progress.step} resolution={task.resolution} device={task.device}",
          flush=True)  # fmt: skip
    ended = training.run(stop)
    if ended == "stopped":
        print(f"stopped at step {training.progress.step}; no adapter was written", flush=True)
        return False
    training.keep_last()
    write_adapter(training, folders.out, ended)
    return True


def main() -> int:
    """Parse the arguments; the defaults are the folders of a SageMaker job."""
    channel = Path("/opt/ml/input/data")
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", type=Path, default=channel / "model")
    parser.add_argument("--dataset", type=Path, default=channel / "dataset")
    parser.add_argument("--out", type=Path, default=Path("/opt/ml/model"))
    parser.add_argument("--checkpoints", type=Path, default=Path("/opt/ml/checkpoints"))
    parser.add_argument("--failure", type=Path, default=Path("/opt/ml/output/failure"))
    parser.add_argument("--deadline-seconds", type=float, help="less than MaxRuntimeInSeconds")
    parser.add_argument("--precision", choices=("auto", "float32", "bfloat16"), default="auto")
    asked = parser.parse_args()
    folders = Folders(asked.model, asked.dataset, asked.out, asked.checkpoints)

    def work() -> None:
        train(folders, precision=asked.precision, deadline_seconds=asked.deadline_seconds)

    return run(work, asked.failure)


if __name__ == "__main__":
    sys.exit(main())
