"""Draw the panels of a storyboard: the entry point of a drawing job.

    python draw.py --model MODEL --storyboard STORYBOARD --out OUT [--adapter ADAPTER]

STORYBOARD holds storyboard.json and the reference pictures, or a folder with these for each arm. An
arm is one way to draw: `tuned` (with the adapter), `references` (the untrained base is given
pictures of the characters), `base` (control). The weights are checked and loaded once for all arms.
The noise is made on the CPU, so that a seed gives the same picture on every GPU.
"""

from __future__ import annotations

import dataclasses
import functools
import gc
import importlib.metadata
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np
import torch
from diffusers import Flux2KleinPipeline
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from arms import DrawPanel, draw_panels, draw_storyboards, read_arguments
from encoding import encode_texts, load_pipeline
from job import JobError, Stop, run, sha256, write_json
from notice import write_notice
from storyboard import Adapter, Panel, Storyboard, adapter_of, read_storyboard
from weights import BaseModel, check_weights

MOST_REFERENCES = 4
"""Pictures given to the model for one panel, as hosts of the model allow."""

LEAST_DEVIATION = 1.0
"""Of the values of one channel; a picture of one colour shows that drawing failed."""


class Model:
    """The base model of a job, checked and loaded once, when the first panel is drawn."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.device = "cuda" if torch.cuda.is_available() else "cpu"

    @functools.cached_property
    def base(self) -> BaseModel:
        """Raises JobError when a file is missing or another one."""
        return check_weights(self.folder)

    @functools.cached_property
    def pipeline(self) -> Flux2KleinPipeline:
        dtype = torch.bfloat16 if self.device == "cuda" else torch.float32
        return load_pipeline(self.base, dtype)

    @functools.cached_property
    def _encoders(self) -> dict[str, Any]:
        return {name: getattr(self.pipeline, name) for name in ("text_encoder", "tokenizer")}

    def encode(self, prompts: Sequence[str], length: int) -> dict[str, torch.Tensor | JobError]:
        """The embedding of each prompt, or why it has none.

        Text encoder and transformer are never on the GPU at the same time.
        """
        self.pipeline.to("cpu")
        self.pipeline.register_modules(**self._encoders)
        found: dict[str, torch.Tensor | JobError] = {}
        for prompt in prompts:
            try:
                found |= encode_texts(self.pipeline, [prompt], length, self.device)
            except JobError as error:
                found[prompt] = error
        self.pipeline.register_modules(**dict.fromkeys(self._encoders))
        gc.collect()
        self.pipeline.to(self.device)
        return found

    def use(self, adapter: Adapter | None, scale: float) -> None:
        """Draw with this adapter from now on; without one when None."""
        self.pipeline.unload_lora_weights()
        if adapter:
            self.pipeline.load_lora_weights(
                adapter.folder, weight_name=adapter.file, adapter_name="tuned"
            )
            self.pipeline.set_adapters("tuned", scale)


class Drawing:
    """A loaded model and the storyboard of one arm that it draws."""

    def __init__(
        self, model: Model, storyboard: Storyboard, folder: Path, adapter: Adapter | None
    ) -> None:
        self.model, self.storyboard, self.folder, self.adapter = model, storyboard, folder, adapter
        self.base, self.device = model.base, model.device
        self.length = adapter.max_sequence_length if adapter else storyboard.max_sequence_length
        self.embeddings: dict[str, torch.Tensor | JobError] = {}

    def prepare(self, panels: Sequence[Panel]) -> None:
        """Load the adapter, and encode all prompts before the first panel."""
        self.model.use(self.adapter, self.storyboard.adapter_scale)
        prompts = ["", *sorted({panel.prompt for panel in panels})]
        self.embeddings = self.model.encode(prompts, self.length)

    @torch.no_grad()
    def draw(self, panel: Panel) -> Image.Image:
        """Raises JobError when this panel cannot be drawn."""
        references = self._references(panel)
        picture: Image.Image = self.model.pipeline(
            image=references or None,
            prompt_embeds=self._embedding(panel.prompt),
            negative_prompt_embeds=self._embedding(""),
            width=panel.width, height=panel.height,
            num_inference_steps=self.storyboard.steps, guidance_scale=self.storyboard.guidance,
            generator=torch.Generator().manual_seed(panel.seed),
        ).images[0]  # fmt: skip
        values = np.asarray(picture, dtype=np.float32)
        if values.std(axis=(0, 1)).max() < LEAST_DEVIATION:
            raise JobError("The picture has only one colour")
        return write_notice(picture, self.base.notice)

    def _embedding(self, prompt: str) -> torch.Tensor:
        found = self.embeddings[prompt]
        if isinstance(found, JobError):
            raise found
        return found.to(self.device)

    def _references(self, panel: Panel) -> list[Image.Image]:
        if self.storyboard.arm != "references":
            return []
        if not panel.references:
            raise JobError("The scene names no character that has a picture")
        found = []
        for name in panel.references[:MOST_REFERENCES]:
            try:
                with Image.open(self.folder / name) as opened:
                    found.append(opened.convert("RGB"))
            except OSError as error:
                raise JobError(f"The reference {name} cannot be read") from error
        return found

    def about(self, panel: Panel) -> dict[str, Any]:
        """How the picture was made: enough to draw it again."""
        return {
            **dataclasses.asdict(panel),
            "arm": self.storyboard.arm,
            "model": self.base.name,
            "revision": self.base.revision,
            "licence": self.base.licence,
            "notice": self.base.notice,
            "steps": self.storyboard.steps,
            "guidance": self.storyboard.guidance,
            "max_sequence_length": self.length,
            "adapter": self.adapter.sha256 if self.adapter else None,
            "adapter_scale": self.storyboard.adapter_scale if self.adapter else None,
            "diffusers": importlib.metadata.version("diffusers"),
            "device": self.device,
        }


def draw(model: Model, folder: Path, out: Path, adapter_folder: Path | None, stop: Stop) -> bool:
    """Draw the storyboard of one arm, as draw_panels says.

    Args:
        model: of the job.
        folder: storyboard.json and reference pictures.
        out: of the panels.
        adapter_folder: of the arm `tuned`.
        stop: looked at between two panels.
    """
    storyboard = read_storyboard(folder)
    drawing = Drawing(model, storyboard, folder, adapter_of(storyboard, adapter_folder, model.base))

    def prepare(missing: Sequence[Panel]) -> DrawPanel:
        drawing.prepare(missing)
        return lambda panel: _draw_one(drawing, panel, out)

    return draw_panels(storyboard, out, prepare, stop)


def _draw_one(drawing: Drawing, panel: Panel, out: Path) -> None:
    begun = time.monotonic()
    about = drawing.about(panel)
    try:
        picture = drawing.draw(panel)
    except (JobError, RuntimeError, ValueError) as error:  # RuntimeError: out of memory too
        reason = str(error).partition("\n")[0]
        print(f"panel {panel.id} failed: {reason}", file=sys.stderr, flush=True)
        if drawing.device == "cuda":
            torch.cuda.empty_cache()
        write_json(out / f"{panel.id}.json", about | {"error": reason})
        return
    target = out / f"{panel.id}.png"
    information = PngInfo()
    information.add_text("onmodel", json.dumps(about))
    part = target.with_suffix(".part")
    picture.save(part, "PNG", pnginfo=information)
    part.replace(target)
    seconds = round(time.monotonic() - begun, 2)
    write_json(out / f"{panel.id}.json", about | {"sha256": sha256(target), "seconds": seconds})


def main() -> int:
    """Draw with the arguments of the command line; returns the exit status."""
    asked = read_arguments("Draw the panels of a storyboard")
    stop = Stop(asked.deadline_seconds)
    stop.listen()
    model = Model(asked.model)

    def work() -> None:
        draw_storyboards(
            lambda folder, out: draw(model, folder, out, asked.adapter, stop),
            asked.storyboard,
            asked.out,
        )

    return run(work, asked.failure)


if __name__ == "__main__":
    sys.exit(main())
