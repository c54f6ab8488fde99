"""The storyboards of one job: one, or one for each arm; needs nothing but the standard library."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from job import JobError, write_json
from storyboard import read_storyboard

Draw = Callable[[Path, Path], bool]
"""Draws the storyboard of a folder into another; False when it was stopped before the end."""


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
