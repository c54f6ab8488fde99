"""Drawing without a model: each panel shows its prompt, and that nothing drew it."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, os.environ["ONMODEL_CODE"])

import cv2

from arms import draw_storyboards
from job import JobError, Stop, run, sha256, write_json, write_text
from onmodel_local.vision.drawing import Drawing, draw
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

NO_MODEL = "scripted job: no model drew this"


def draw_without_model(
    model: Path, folder: Path, out: Path, adapter_folder: Path | None, stop: Stop
) -> bool:
    """Draw what is missing, and write panels.jsonl. Raises JobError as draw.py does."""
    storyboard = read_storyboard(folder)
    base = check_weights(model)
    adapter = None
    if storyboard.arm == "tuned":
        if adapter_folder is None:
            raise JobError("The arm `tuned` needs an adapter")
        adapter = read_adapter(adapter_folder, base, storyboard.checkpoint)
    out.mkdir(parents=True, exist_ok=True)
    missing = [panel for panel in storyboard.panels if not is_drawn(out, panel)]
    for number, panel in enumerate(missing, 1):
        if stop.asked or stop.time_is_over:
            print(f"stopped: {len(missing) - number + 1} panels are not drawn", flush=True)
            return False
        _draw_one(folder, storyboard, panel, out, _about(base, storyboard, panel, adapter))
        print(f"panel={number} of={len(missing)} id={panel.id}", flush=True)
    lines = [read_line(out, panel) for panel in storyboard.panels]
    write_text(out / "panels.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
    errors = [line["error"] for line in lines if "error" in line]
    if len(errors) == len(lines):
        raise JobError(f"No panel could be drawn; the first: {errors[0]}")
    return True


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
    """Parse the arguments of draw.py."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("model", "storyboard", "out", "failure"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--adapter", type=Path)
    parser.add_argument("--deadline-seconds", type=float)
    asked = parser.parse_args()
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
