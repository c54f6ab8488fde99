"""Draw the panels of a storyboard: the entry point of a drawing job.

    python draw.py --model MODEL --storyboard STORYBOARD --out OUT [--adapter ADAPTER]

STORYBOARD holds storyboard.json and the reference pictures, or a folder with these for each arm. An
arm is one way to draw: `tuned`
(with the adapter), `references` (the untrained base is given pictures of the characters), `base`
(control). The noise is made on the CPU, so that a seed gives the same picture on every GPU. A panel
that is there is not drawn again; a panel that fails does not end the others.
"""

from __future__ import annotations

import argparse
import dataclasses
import gc
import importlib.metadata
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np
import torch
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from arms import draw_storyboards
from encoding import encode_texts, load_pipeline
from job import JobError, Stop, run, sha256, write_json, write_text
from notice import write_notice
from storyboard import (
    Adapter,
    Panel,
    Storyboard,
    is_drawn,
    read_adapter,
    read_line,
    read_storyboard,
)
from weights import BaseModel, check_weights

MOST_REFERENCES = 4
"""Pictures given to the model for one panel, as hosts of the model allow."""

LEAST_DEVIATION = 1.0
"""Of the values of one channel; a picture of one colour shows that drawing failed."""


class Drawing:
    """A loaded model and the storyboard that it draws."""

    def __init__(
        self, base: BaseModel, storyboard: Storyboard, folder: Path, adapter: Adapter | None
    ) -> None:
        self.base, self.storyboard, self.folder, self.adapter = base, storyboard, folder, adapter
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        dtype = torch.bfloat16 if self.device == "cuda" else torch.float32
        self.pipeline = load_pipeline(base, dtype)
        if adapter:
            self.pipeline.load_lora_weights(
                adapter.folder, weight_name=adapter.file, adapter_name="tuned"
            )
            self.pipeline.set_adapters("tuned", storyboard.adapter_scale)
        self.length = adapter.max_sequence_length if adapter else storyboard.max_sequence_length
        self.embeddings: dict[str, torch.Tensor] = {}
        self.refused: dict[str, str] = {}

    def encode(self, panels: list[Panel]) -> None:
        """Encode all prompts first, so that the text encoder can leave the GPU."""
        for prompt in ["", *sorted({panel.prompt for panel in panels})]:
            try:
                self.embeddings |= encode_texts(self.pipeline, [prompt], self.length, self.device)
            except JobError as error:
                self.refused[prompt] = str(error)
        self.pipeline.text_encoder = self.pipeline.tokenizer = None
        gc.collect()
        self.pipeline.to(self.device)

    @torch.no_grad()
    def draw(self, panel: Panel) -> Image.Image:
        """Raises JobError when this panel cannot be drawn."""
        if panel.prompt in self.refused:
            raise JobError(self.refused[panel.prompt])
        references = self._references(panel)
        picture: Image.Image = self.pipeline(
            image=references or None,
            prompt_embeds=self.embeddings[panel.prompt].to(self.device),
            negative_prompt_embeds=self.embeddings[""].to(self.device),
            width=panel.width, height=panel.height,
            num_inference_steps=self.storyboard.steps, guidance_scale=self.storyboard.guidance,
            generator=torch.Generator().manual_seed(panel.seed),
        ).images[0]  # fmt: skip
        values = np.asarray(picture, dtype=np.float32)
        if values.std(axis=(0, 1)).max() < LEAST_DEVIATION:
            raise JobError("The picture has only one colour")
        return write_notice(picture, self.base.notice)

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


def draw(model: Path, folder: Path, out: Path, adapter_folder: Path | None, stop: Stop) -> bool:
    """Draw what is missing and write panels.jsonl, one line a panel in the storyboard's order.

    Args:
        model: weights with weights.json.
        folder: storyboard.json and reference pictures.
        out: `<id>.png` and `<id>.json` of each panel; the latter is written last.
        adapter_folder: of the arm `tuned`.
        stop: looked at between two panels.

    Returns:
        False when it was stopped before the last panel.

    Raises:
        JobError: nothing could be drawn.
    """
    storyboard = read_storyboard(folder)
    base = check_weights(model)
    adapter = None
    if storyboard.arm == "tuned":
        if adapter_folder is None:
            raise JobError("The arm `tuned` needs an adapter")
        adapter = read_adapter(adapter_folder, base, storyboard.checkpoint)
    out.mkdir(parents=True, exist_ok=True)
    missing = [panel for panel in storyboard.panels if not is_drawn(out, panel)]
    if missing:
        drawing = Drawing(base, storyboard, folder, adapter)
        drawing.encode(missing)
        for number, panel in enumerate(missing, 1):
            if stop.asked or stop.time_is_over:
                print(f"stopped: {len(missing) - number + 1} panels are not drawn", flush=True)
                return False
            _draw_one(drawing, panel, out)
            print(f"panel={number} of={len(missing)} id={panel.id}", flush=True)
    lines = [read_line(out, panel) for panel in storyboard.panels]
    write_text(out / "panels.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
    errors = [line["error"] for line in lines if "error" in line]
    if len(errors) == len(lines):
        raise JobError(f"No panel could be drawn; the first: {errors[0]}")
    return True


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
    """Parse the arguments; the defaults are the folders of a SageMaker job.

    Pictures go to the checkpoints' folder, which SageMaker copies to S3 while the job runs and back
    when the job is started again.
    """
    channel = Path("/opt/ml/input/data")
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", type=Path, default=channel / "model")
    parser.add_argument("--storyboard", type=Path, default=channel / "storyboard")
    parser.add_argument("--adapter", type=Path)
    parser.add_argument("--out", type=Path, default=Path("/opt/ml/checkpoints"))
    parser.add_argument("--failure", type=Path, default=Path("/opt/ml/output/failure"))
    parser.add_argument("--deadline-seconds", type=float, help="less than MaxRuntimeInSeconds")
    asked = parser.parse_args()
    stop = Stop(asked.deadline_seconds)
    stop.listen()

    def work() -> None:
        draw_storyboards(
            lambda folder, out: draw(asked.model, folder, out, asked.adapter, stop),
            asked.storyboard,
            asked.out,
        )

    return run(work, asked.failure)


if __name__ == "__main__":
    sys.exit(main())
