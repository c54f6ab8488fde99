"""What every drawing job does, whatever draws its panels; needs nothing but the standard library.

A job has one storyboard, or one for each arm. A panel that is there is not drawn again; a panel
that fails does not end the others.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from job import JobError, Stop, write_json, write_text
from storyboard import Panel, Storyboard, is_drawn, read_line, read_storyboard

Draw = Callable[[Path, Path], bool]
"""Draws the storyboard of a folder into another; False when it was stopped before the end."""

DrawPanel = Callable[[Panel], None]
"""Writes `<id>.png` and `<id>.json` of a panel, the latter last and with an error if it fails."""


def read_arguments(description: str) -> argparse.Namespace:
    """The arguments of a drawing job; the defaults are the folders of a SageMaker job.

    Pictures go to the checkpoints' folder, which SageMaker copies to S3 while the job runs and back
    when the job is started again.
    """
    channel = Path("/opt/ml/input/data")
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--model", type=Path, default=channel / "model")
    parser.add_argument("--storyboard", type=Path, default=channel / "storyboard")
    parser.add_argument("--adapter", type=Path)
    parser.add_argument("--out", type=Path, default=Path("/opt/ml/checkpoints"))
    parser.add_argument("--failure", type=Path, default=Path("/opt/ml/output/failure"))
    parser.add_argument("--deadline-seconds", type=float, help="less than MaxRuntimeInSeconds")
    return parser.parse_args()


def draw_panels(
    storyboard: Storyboard, out: Path, prepare: Callable[[Sequence[Panel]], DrawPanel], stop: Stop
) -> bool:
    """Draw what is missing and write panels.jsonl, one line a panel in the storyboard's order.

    Args:
        storyboard: as read.
        out: `<id>.png` and `<id>.json` of each panel.
        prepare: given the missing panels, returns what draws one; not called when none is missing.
        stop: looked at between two panels.

    Returns:
        False when it was stopped before the last panel.

    Raises:
        JobError: nothing could be drawn.
    """
    out.mkdir(parents=True, exist_ok=True)
    missing = [panel for panel in storyboard.panels if not is_drawn(out, panel)]
    if missing and not _draw_missing(missing, prepare(missing), stop):
        return False
    lines = [read_line(out, panel) for panel in storyboard.panels]
    write_text(out / "panels.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
    errors = [line["error"] for line in lines if "error" in line]
    if len(errors) == len(lines):
        raise JobError(f"No panel could be drawn; the first: {errors[0]}")
    return True


def _draw_missing(missing: Sequence[Panel], draw_panel: DrawPanel, stop: Stop) -> bool:
    for number, panel in enumerate(missing, 1):
        if stop.asked or stop.time_is_over:
            print(f"stopped: {len(missing) - number + 1} panels are not drawn", flush=True)
            return False
        draw_panel(panel)
        print(f"panel={number} of={len(missing)} id={panel.id}", flush=True)
    return True


def draw_storyboards(draw: Draw, folder: Path, out: Path) -> bool:
    """Draw `<folder>` into `<out>`, or every `<folder>/<arm>` into `<out>/<arm>`.

    An arm that cannot be drawn does not end the others: its panels say why.

    Returns:
        False when it was stopped before the last panel.

    Raises:
        JobError: no arm could be drawn.
    """
    if (folder / "storyboard.json").is_file():
        return draw(folder, out)
    arms = sorted(path.parent for path in folder.glob("*/storyboard.json"))
    if not arms:
        raise JobError("The storyboard channel has no storyboard.json")
    failures: list[str] = []
    for arm in arms:
        try:
            if not draw(arm, out / arm.name):
                return False
        except JobError as error:
            print(f"arm {arm.name} failed: {error}", file=sys.stderr, flush=True)
            failures.append(str(error))
            _tell(arm, out / arm.name, str(error))
    if len(failures) == len(arms):
        raise JobError(failures[0])
    return True


def _tell(folder: Path, out: Path, reason: str) -> None:
    """Write the reason for every panel that has neither a picture nor a reason of its own."""
    out.mkdir(parents=True, exist_ok=True)
    for panel in read_storyboard(folder).panels:
        if not (out / f"{panel.id}.json").is_file():
            write_json(out / f"{panel.id}.json", {"id": panel.id, "error": reason})
