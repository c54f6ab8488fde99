"""Train a LoRA of FLUX.2 klein on captioned pictures: the entry point of a training job.

    python train.py --model MODEL --dataset DATASET --out OUT --checkpoints CHECKPOINTS

DATASET holds recipe.json, train.jsonl, validation.jsonl (optional) and the pictures. All that
happens in a step follows from the seed and the number of the step, so that a training which was
stopped and resumed gives the same bytes as one which was not. adapter.json is written last: without
it the training did not finish.
"""

from __future__ import annotations

import argparse
import dataclasses
import gc
import hashlib
import importlib.metadata
import json
import math
import os
import shutil
import sys
import time
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # matrix products that repeat exactly

import torch

from checkpoints import Candidate, Checkpoints
from dataset import epoch_batches
from encoding import Encoded, encode, load_pipeline
from flow_matching import autocast, draw_sigmas, generator, losses, measure
from items import Item, read_items
from job import JobError, Stop, run, sha256, write_json
from lora import ADAPTER, Lora
from metrics import NAME as METRICS
from metrics import Row, write_metrics
from notice import write_notice
from recipe import Recipe, read_recipe
from weights import BaseModel, check_weights

SMOOTHING = 0.98
"""Weight of the past in the smoothed loss: about 50 steps."""

METRICS_EVERY = 10
"""Steps between two writings of the metrics, which are read while the job runs."""


@dataclasses.dataclass(frozen=True)
class Folders:
    """Of one job."""

    model: Path
    dataset: Path
    out: Path
    checkpoints: Path


@dataclasses.dataclass(frozen=True)
class Task:
    """What is trained, on what, with what."""

    recipe: Recipe
    resolution: int
    base: BaseModel
    training: tuple[Item, ...]
    held_out: tuple[Item, ...]
    device: str
    dtype: torch.dtype

    @property
    def items(self) -> tuple[Item, ...]:
        return (*self.training, *self.held_out)

    def fingerprint(self) -> str:
        """Of all that the weights follow from: a checkpoint of anything else is not used."""
        content = [
            dataclasses.asdict(self.recipe),
            self.resolution,
            self.base.sha256,
            str(self.dtype),
            [(sha256(item.picture), item.caption, item.repeats) for item in self.items],
            len(self.training),
        ]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()


class Training:
    """The loop over the steps."""

    def __init__(self, task: Task, encoded: Encoded, folders: Folders, begun: float) -> None:
        self.task, self.recipe, self.encoded, self.begun = task, task.recipe, encoded, begun
        self.captions = [item.caption for item in task.items]
        self.lora = Lora(task.base, task.recipe, task.device, task.dtype)
        self.optimizer = torch.optim.AdamW(
            list(self.lora.parameters.values()),
            lr=task.recipe.learning_rate,
            weight_decay=task.recipe.weight_decay,
        )
        self.checkpoints = Checkpoints(folders.checkpoints, task.fingerprint())
        self.metrics = folders.checkpoints / METRICS
        self.progress = self.checkpoints.load(self.lora.parameters, self.optimizer, task.device)
        self.repeats = [item.repeats for item in task.training]
        self.shapes = [encoded.shape(position) for position in range(len(task.training))]
        self.batches_per_epoch = len(self._batches(0))

    def run(self, stop: Stop) -> str:
        """Train until all steps are done, the time is over, or SIGTERM came.

        Returns:
            "finished", "time over" or "stopped".
        """
        progress, recipe = self.progress, self.recipe
        if not progress.rows:
            probe, validation = self._measure()
            progress.rows.append(Row(0, 0, None, validation, probe, seconds=self._seconds()))
        self.lora.transformer.train()
        while progress.step < recipe.steps:
            self._step()
            done = progress.step == recipe.steps
            ending = done or stop.asked or stop.time_is_over
            if ending or progress.step % recipe.checkpoint_every == 0:
                self.checkpoints.save(progress, self.lora.parameters, self.optimizer)
            if ending or progress.step % METRICS_EVERY == 0:
                write_metrics(self.metrics, progress.rows)
            if ending and not done:
                return "stopped" if stop.asked else "time over"
        return "finished"

    def _step(self) -> None:
        progress, recipe = self.progress, self.recipe
        rate = recipe.learning_rate * min(1.0, (progress.step + 1) / max(1, recipe.warmup_steps))
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        epoch, place = divmod(progress.step, self.batches_per_epoch)
        loss = self._loss(self._batches(epoch)[place])
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(
            list(self.lora.parameters.values()), recipe.gradient_clip
        ).item()
        value = loss.item()
        if not (math.isfinite(value) and math.isfinite(norm)):
            raise JobError(
                f"The loss is no number any more at step {progress.step + 1}:"
                " lower the learning rate"
            )
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        progress.step += 1
        before = value if progress.smooth_loss is None else progress.smooth_loss
        progress.smooth_loss = SMOOTHING * before + (1 - SMOOTHING) * value
        probe = validation = None
        if progress.step % recipe.measure_every == 0 or progress.step == recipe.steps:
            probe, validation = self._measure()
            self._keep(validation)
            print(f"step={progress.step} of={recipe.steps} loss={value:.4f}"
                  f" validation_loss={validation} probe_loss={probe}", flush=True)  # fmt: skip
        progress.rows.append(
            Row(
                progress.step, epoch, value, validation, probe, progress.smooth_loss, rate, norm,
                self._seconds(),
            )
        )  # fmt: skip

    def _loss(self, batch: list[int]) -> torch.Tensor:
        recipe, task = self.recipe, self.task
        numbers = generator(recipe.seed, "step", self.progress.step)
        dropped = (torch.rand(len(batch), generator=numbers) < recipe.caption_dropout).tolist()
        latents = torch.cat([self.encoded.latents[position] for position in batch])
        embeddings = torch.cat(
            [
                self.encoded.embeddings["" if drop else self.captions[position]]
                for position, drop in zip(batch, dropped, strict=True)
            ]
        )
        tokens = latents.shape[2] * latents.shape[3]
        sigmas = draw_sigmas(len(batch), tokens, recipe.timestep_shift, numbers)
        noise = torch.randn(latents.shape, generator=numbers)
        with autocast(task.device, task.dtype):
            return losses(
                self.lora.transformer, latents, embeddings, sigmas, noise,
                device=task.device, dtype=task.dtype,
            ).mean()  # fmt: skip

    def keep_last(self) -> None:
        """Make a candidate of the present step where time was over between two measurements."""
        if not any(one.step == self.progress.step for one in self.progress.candidates):
            self._keep(self._measure()[1])

    def _keep(self, validation: float | None) -> None:
        path = self.checkpoints.candidate_path(self.progress.step)
        self.lora.save(path)
        self.progress.keep(Candidate(self.progress.step, path.name, sha256(path), validation))

    def _measure(self) -> tuple[float | None, float | None]:
        """Losses of some training pictures and of the held-out ones, both at fixed noise."""
        task = self.task
        trained, all_items = len(task.training), len(task.items)
        probe, validation = (
            measure(
                self.lora.transformer, self.encoded, self.captions, positions, self.recipe,
                device=task.device, dtype=task.dtype,
            )
            for positions in (range(min(self.recipe.probes, trained)), range(trained, all_items))
        )  # fmt: skip
        return probe, validation

    def _batches(self, epoch: int) -> list[list[int]]:
        return epoch_batches(
            self.repeats, self.shapes, self.recipe.batch_size, seed=self.recipe.seed, epoch=epoch
        )

    def _seconds(self) -> float:
        return round(time.monotonic() - self.begun, 2)


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
    training = Training(task, encoded, folders, begun)
    print(f"pictures={len(task.training)} held_out={len(task.held_out)} from_step="
          f"{training.progress.step} resolution={task.resolution} device={task.device}",
          flush=True)  # fmt: skip
    ended = training.run(stop)
    if ended == "stopped":
        print(f"stopped at step {training.progress.step}; no adapter was written", flush=True)
        return False
    training.keep_last()
    _write_adapter(training, folders, ended)
    return True


def _write_adapter(training: Training, folders: Folders, ended: str) -> None:
    task, progress, out = training.task, training.progress, folders.out
    training.lora.transformer.eval()
    best, reason = progress.best()
    (out / "checkpoints").mkdir(exist_ok=True)
    for candidate in progress.candidates:
        source = training.checkpoints.candidates / candidate.file
        shutil.copyfile(source, out / "checkpoints" / candidate.file)
    shutil.copyfile(training.checkpoints.candidates / best.file, out / ADAPTER)
    write_metrics(out / METRICS, progress.rows)
    for name in ("LICENSE", "LICENSE.md"):
        if (task.base.folder / name).is_file():
            shutil.copyfile(task.base.folder / name, out / f"BASE_MODEL_{name}")
    _draw_samples(training, out)
    last, first = progress.rows[-1], progress.rows[0]
    manifest = {
        "format": "onmodel-adapter-1",
        "adapter": ADAPTER,
        "base": {
            "model": task.base.name, "revision": task.base.revision,
            "licence": task.base.licence, "notice": task.base.notice,
            "weights_sha256": task.base.sha256,
        },
        "dataset": {"pictures": len(task.training), "held_out": len(task.held_out)},
        "recipe": dataclasses.asdict(task.recipe),
        "resolution": task.resolution,
        "ended": ended,
        "steps": progress.step,
        "chosen": {"step": best.step, "reason": reason},
        "checkpoints": [dataclasses.asdict(one) for one in progress.candidates],
        "losses": {
            "training": last.smooth_loss,
            "validation_before": first.validation_loss, "validation": best.validation_loss,
            "probe_before": first.probe_loss, "probe": last.probe_loss,
        },
        "device": task.device,
        "seconds": last.seconds,
        "fingerprint": training.checkpoints.fingerprint,
        "versions": {
            name: importlib.metadata.version(name)
            for name in ("torch", "diffusers", "transformers", "peft", "safetensors")
        },
        "files": {
            str(path.relative_to(out)): sha256(path)
            for path in sorted(out.rglob("*")) if path.is_file() and path.name != "adapter.json"
        },
    }  # fmt: skip
    write_json(out / "adapter.json", manifest)


@torch.no_grad()
def _draw_samples(training: Training, out: Path) -> None:
    """Pictures of the chosen checkpoint, drawn as draw.py draws them."""
    recipe, task = training.recipe, training.task
    if not recipe.samples:
        return
    pipeline = load_pipeline(task.base, task.dtype)
    pipeline.load_lora_weights(out, weight_name=ADAPTER)
    pipeline.text_encoder = pipeline.tokenizer = None
    pipeline.to(task.device)
    for number, sample in enumerate(recipe.samples, 1):
        picture = pipeline(
            prompt_embeds=training.encoded.embeddings[sample.prompt].to(task.device),
            negative_prompt_embeds=training.encoded.embeddings[""].to(task.device),
            width=sample.width, height=sample.height,
            num_inference_steps=recipe.sample_steps, guidance_scale=recipe.guidance,
            generator=torch.Generator().manual_seed(sample.seed),
        ).images[0]  # fmt: skip
        write_notice(picture, task.base.notice).save(out / f"sample-{number:02}.png")


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
