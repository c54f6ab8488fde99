"""The loop over the steps of a training.

All that happens in a step follows from the seed and the number of the step.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import time
from pathlib import Path

import torch

from checkpoints import Candidate, Checkpoints
from dataset import epoch_batches
from encoding import Encoded
from flow_matching import autocast, draw_sigmas, generator, losses, measure
from items import Item
from job import JobError, Stop, sha256
from lora import Lora
from metrics import NAME as METRICS
from metrics import Row, write_metrics
from recipe import Recipe
from weights import BaseModel

SMOOTHING = 0.98
"""Weight of the past in the smoothed loss: about 50 steps."""

METRICS_EVERY = 10
"""Steps between two writings of the metrics, which are read while the job runs."""


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
    """The loop over the steps.

    Args:
        task: what is trained.
        encoded: its pictures and captions.
        folder: of the checkpoints; a training that was stopped goes on with what lies there.
        begun: `time.monotonic()` at the start of the job.
    """

    def __init__(self, task: Task, encoded: Encoded, folder: Path, begun: float) -> None:
        self.task, self.recipe, self.encoded, self.begun = task, task.recipe, encoded, begun
        self.captions = [item.caption for item in task.items]
        self.lora = Lora(task.base, task.recipe, task.device, task.dtype)
        self.optimizer = torch.optim.AdamW(
            list(self.lora.parameters.values()),
            lr=task.recipe.learning_rate,
            weight_decay=task.recipe.weight_decay,
        )
        self.checkpoints = Checkpoints(folder, task.fingerprint())
        self.metrics = folder / METRICS
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
