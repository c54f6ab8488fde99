"""Decodes pictures and measures them."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from onmodel_local.vision.grid import GridPixels

_MAGIC = {"jpeg": b"\xff\xd8\xff", "png": b"\x89PNG\r\n\x1a\n"}


class PictureUnreadableError(ValueError):
    """Raised for bytes that are neither a JPEG nor a PNG, or that do not decode."""


def decode_pixels(body: bytes) -> GridPixels:
    """JPEG or PNG → BGR pixels.

    Raises:
        PictureUnreadableError: something else, or broken.
    """
    if picture_format(body) is None:
        raise PictureUnreadableError("neither JPEG nor PNG")
    decoded = cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_COLOR)
    if decoded is None:
        raise PictureUnreadableError("the picture does not decode")
    return decoded.astype(np.uint8, copy=False)


def picture_format(body: bytes) -> str | None:
    """`jpeg`, `png` or None, by the first bytes."""
    return next((name for name, magic in _MAGIC.items() if body.startswith(magic)), None)


class Light(NamedTuple):
    """Brightness, sharpness and contrast, each 0 to 100."""

    brightness: float
    sharpness: float
    contrast: float


def measure_light(picture: GridPixels) -> Light:
    gray = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    edges = float(cv2.Laplacian(gray, cv2.CV_64F).var())
    return Light(
        brightness=float(gray.mean()) / 2.55,
        sharpness=min(100.0, edges / 10),  # a variance of 1,000 is a very sharp frame
        contrast=min(100.0, float(gray.std()) / 1.275),  # 127.5 is the most that 8 bits can have
    )
