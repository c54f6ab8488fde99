"""Drawing without a model: each panel shows its prompt, and that nothing drew it."""

from __future__ import annotations

import dataclasses
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, os.environ["ONMODEL_CODE"])

import cv2

from arms import DrawPanel, draw_panels, draw_storyboards, read_arguments
from job import JobError, Stop, run, sha256, write_json
from onmodel_local.vision.drawing import Drawing, draw
from storyboard import Adapter, Panel, Storyboard, adapter_of, read_storyboard
from weights import BaseModel, check_weights

NO_MODEL = "scripted job: no model drew this"


def draw_without_model(
    model: Path, folder: Path, out: Path, adapter_folder: Path | None, stop: Stop
) -> bool:
    """Draw what is missing, and write panels.jsonl. Raises JobError as draw.py does."""
    storyboard = read_storyboard(folder)
    base = check_weights(model)
    adapter = adapter_of(storyboard, adapter_folder, base)

    def prepare(missing: Sequence[Panel]) -> DrawPanel:
        return lambda panel: _draw_one(
            folder, storyboard, panel, out, _about(base, storyboard, panel, adapter)
        )

    return draw_panels(storyboard, out, prepare, stop)


def _draw_one(
    folder: Path, storyboard: Storyboard, panel: Panel, out: Path, about: dict[str, Any]
) -> None:
    begun = time.monotonic()
    try:
        crops = _references(folder, storyboard, panel)
    except JobError as error:
        write_json(out / f"{panel.id}.json", about | {"error": str(error)})
        return
    label = f"{storyboard.arm}, {NO_MODEL}"
    order = Drawing(
        panel.prompt, panel.seed, label, panel.width, panel.height, crops, "the references"
    )
    target = out / f"{panel.id}.png"
    target.write_bytes(draw(order))
    seconds = round(time.monotonic() - begun, 2)
    write_json(out / f"{panel.id}.json", about | {"sha256": sha256(target), "seconds": seconds})


def _references(folder: Path, storyboard: Storyboard, panel: Panel) -> tuple[bytes, ...]:
    if storyboard.arm != "references":
        return ()
    if not panel.references:
        raise JobError("The scene names no character that has a picture")
    found = []
    for name in panel.references[:4]:
        if not (folder / name).is_file():
            raise JobError(f"The reference {name} cannot be read")
        found.append((folder / name).read_bytes())
    return tuple(found)


def _about(
    base: BaseModel, storyboard: Storyboard, panel: Panel, adapter: Adapter | None
) -> dict[str, Any]:
    return {
        **dataclasses.asdict(panel),
        "arm": storyboard.arm,
        "model": base.name,
        "revision": base.revision,
        "licence": base.licence,
        "notice": NO_MODEL,
        "steps": storyboard.steps,
        "guidance": storyboard.guidance,
        "max_sequence_length": storyboard.max_sequence_length,
        "adapter": adapter.sha256 if adapter else None,
        "adapter_scale": storyboard.adapter_scale if adapter else None,
        "diffusers": f"none: {NO_MODEL}, cv2 {cv2.__version__}",
        "device": "none",
    }


def main() -> int:
    """Draw with the arguments of draw.py; returns the exit status."""
    asked = read_arguments("Draw the panels of a storyboard without a model")
    stop = Stop(asked.deadline_seconds)
    stop.listen()

    def work() -> None:
        draw_storyboards(
            lambda folder, out: draw_without_model(asked.model, folder, out, asked.adapter, stop),
            asked.storyboard,
            asked.out,
        )

    return run(work, asked.failure)


if __name__ == "__main__":
    sys.exit(main())
