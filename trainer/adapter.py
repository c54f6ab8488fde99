"""What a training leaves: the adapter, its candidates, its losses, and pictures drawn with it."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import shutil
from pathlib import Path

import torch

from encoding import load_pipeline
from job import sha256, write_json
from lora import ADAPTER
from metrics import NAME as METRICS
from metrics import write_metrics
from notice import write_notice
from training_loop import Training


def write_adapter(training: Training, out: Path, ended: str) -> None:
    """Write the best checkpoint, all candidates, samples, losses and, last, adapter.json.

    Args:
        training: that has ended.
        out: folder of the results.
        ended: as `Training.run` said it.
    """
    task, progress = training.task, training.progress
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
