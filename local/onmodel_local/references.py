"""Reference pictures of Big Buck Bunny's characters, cut out of the film."""

from __future__ import annotations

from pathlib import Path

import av
import cv2
import numpy as np

from onmodel_local.vision.grid import GridPixels

Rectangle = tuple[int, int, int, int]
"""Left, top, right, bottom in the film's 1280 × 720 pixels."""

# second of the film, and the character's place; chosen by hand
REFERENCES: dict[str, tuple[tuple[int, Rectangle], ...]] = {
    "Buck": (
        (175, (307, 85, 1088, 720)),
        (235, (192, 5, 1125, 720)),
        (258, (280, 0, 1160, 720)),
    ),
    "Frank": (
        (120, (0, 170, 505, 720)),
        (398, (552, 173, 861, 648)),
        (448, (365, 58, 653, 360)),
    ),
    "Rinky": (
        (118, (328, 0, 715, 592)),
        (217, (400, 168, 768, 720)),
        (314, (227, 40, 565, 620)),
    ),
    "Gamera": (
        (118, (600, 200, 948, 635)),
        (217, (0, 453, 182, 720)),
        (362, (715, 453, 965, 685)),
    ),
}


def cut_references(film: Path, folder: Path) -> dict[str, list[Path]]:
    """Write characters' references as <folder>/<name>/<second>.png.

    Args:
        film: Big Buck Bunny, from `fetch_big_buck_bunny`.
        folder: for example characters/.

    Returns:
        The written pictures by character.
    """
    seconds = sorted({second for found in REFERENCES.values() for second, _ in found})
    frames = _frames(film, seconds)
    written: dict[str, list[Path]] = {}
    for name, found in REFERENCES.items():
        target = folder / name.lower()
        target.mkdir(parents=True, exist_ok=True)
        for second, (left, top, right, bottom) in found:
            path = target / f"{second:03d}.png"
            _, png = cv2.imencode(".png", frames[second][top:bottom, left:right])
            path.write_bytes(png.tobytes())
            written.setdefault(name, []).append(path)
    return written


def _frames(film: Path, seconds: list[int]) -> dict[int, GridPixels]:
    """The frame shown at each second."""
    found: dict[int, GridPixels] = {}
    with av.open(str(film)) as container:
        stream = container.streams.video[0]
        for second in seconds:
            container.seek(int(second / stream.time_base), stream=stream)  # type: ignore[operator]
            for frame in container.decode(stream):
                # half a frame's tolerance: presentation times are rounded to the time base
                if frame.time is not None and frame.time >= second - 0.02:
                    found[second] = frame.to_ndarray(format="bgr24").astype(np.uint8, copy=False)
                    break
    return found
