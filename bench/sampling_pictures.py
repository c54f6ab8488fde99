"""Draws the contact sheet of docs/sampling.md: kept and dropped frames, with the reasons.

    .venv/bin/python bench/sampling_pictures.py docs/images/selection.jpg

The film is drawn with the tests' code and has every flaw that selection detects.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from drawn.films import draw_film  # noqa: E402 - the tests' folder is no package

from onmodel.contracts.sampling_settings import Sampling  # noqa: E402
from onmodel.video import DroppedFrame, sample_frames, select_frames  # noqa: E402

WIDTH, HEIGHT, CAPTION, COLUMNS = 213, 120, 34, 5


def main() -> None:
    """Sample and select frames, and paste them onto one sheet."""
    target = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        film = draw_film(
            Path(folder) / "flaws.mp4", seconds=20, size=(640, 360), black=((4.0, 5.6),),
            fades=((6.5, 9.5),), still=((10.0, 12.0),), soft=((16.0, 18.0),),
        )  # fmt: skip
        selected = select_frames(sample_frames(film.path, 1.0), Sampling())
        tiles = [_tile(each) for each in selected]
    rows = -(-len(tiles) // COLUMNS)
    blank = np.full_like(tiles[0], 255)
    tiles += [blank] * (rows * COLUMNS - len(tiles))
    sheet = np.vstack(
        [np.hstack(tiles[row * COLUMNS : (row + 1) * COLUMNS]) for row in range(rows)]
    )
    cv2.imwrite(str(target), sheet, [cv2.IMWRITE_JPEG_QUALITY, 85])


def _tile(each: object) -> np.ndarray:
    dropped = isinstance(each, DroppedFrame)
    pixels = each.thumbnail if dropped else each.pixels  # type: ignore[attr-defined]
    tile = np.full((HEIGHT + CAPTION, WIDTH, 3), 255, np.uint8)
    tile[:HEIGHT] = cv2.resize(pixels, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    colour = (40, 40, 200) if dropped else (60, 130, 40)
    cv2.rectangle(tile, (0, 0), (WIDTH - 1, HEIGHT - 1), colour, 2)
    verdict = each.reason.value if dropped else f"kept, sharpness {each.sharpness:.0f}"  # type: ignore[attr-defined]
    texts = [f"{each.timecode_seconds:.2f} s: {verdict}"]  # type: ignore[attr-defined]
    texts += [each.detail] if dropped else []  # type: ignore[attr-defined]
    for line, text in enumerate(texts):
        cv2.putText(
            tile, text, (4, HEIGHT + 13 + 15 * line), cv2.FONT_HERSHEY_SIMPLEX, 0.36,
            colour, 1, cv2.LINE_AA,
        )  # fmt: skip
    return tile


if __name__ == "__main__":
    main()
