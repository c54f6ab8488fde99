"""Draws pictures that state that no model drew them."""

from __future__ import annotations

import hashlib
import textwrap
from typing import NamedTuple

import cv2
import numpy as np

from onmodel_local.vision.grid import GridPixels
from onmodel_local.vision.pictures import decode_pixels

_FONT = cv2.FONT_HERSHEY_SIMPLEX
_INK, _PAPER = (20, 20, 20), (245, 245, 245)
_MOST_CROPS = 3


class Drawing(NamedTuple):
    """What is drawn: prompt, seed, model's name, size, pictures (JPEG, PNG) and what they are."""

    prompt: str
    seed: int
    model: str
    width: int
    height: int
    crops: tuple[bytes, ...] = ()
    source: str = "pictures of its own training set"


def draw(order: Drawing) -> bytes:
    """A PNG: a background by seed, crops pasted on it, and bands with text."""
    digest = hashlib.sha256(f"{order.prompt}:{order.seed}".encode()).digest()
    canvas = _background(order.width, order.height, digest)
    for place, crop in enumerate(order.crops[:_MOST_CROPS]):
        _paste(canvas, decode_pixels(crop), place, min(len(order.crops), _MOST_CROPS))
    unit = order.width / 1024
    heading = ["SIMULATED: no model drew this", f"{order.model}, seed {order.seed}"]
    if order.crops:
        heading.append(f"what is shown are {order.source}")
    _band(canvas, 0, heading, unit)
    lines = textwrap.wrap(_ascii(order.prompt), 74)[:6]
    _band(canvas, 1, lines, unit)
    done, png = cv2.imencode(".png", canvas, [cv2.IMWRITE_PNG_COMPRESSION, 3])
    if not done:
        raise ValueError(f"a picture of {order.width} x {order.height} cannot be written")
    return png.tobytes()


def _background(width: int, height: int, digest: bytes) -> GridPixels:
    """Two soft colours from top to bottom."""
    top, bottom = (np.array(list(digest[i : i + 3]), np.float32) * 0.5 + 110 for i in (0, 3))
    ramp = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    return np.repeat(top * (1 - ramp) + bottom * ramp, width, axis=1).astype(np.uint8)


def _paste(canvas: GridPixels, crop: GridPixels, place: int, count: int) -> None:
    height, width = canvas.shape[:2]
    room_width, room_height = width // count, int(height * 0.62)
    scale = min(room_width * 0.94 / crop.shape[1], room_height / crop.shape[0])
    size = (max(1, int(crop.shape[1] * scale)), max(1, int(crop.shape[0] * scale)))
    small = cv2.resize(crop, size, interpolation=cv2.INTER_AREA)
    left = room_width * place + (room_width - size[0]) // 2
    top = int(height * 0.16) + (room_height - size[1]) // 2
    canvas[top : top + size[1], left : left + size[0]] = small


def _band(canvas: GridPixels, at: int, lines: list[str], unit: float) -> None:
    """A band of text at the top (0) or the bottom (1)."""
    step = max(10, int(34 * unit))
    height = step * len(lines) + step // 2
    top = 0 if at == 0 else canvas.shape[0] - height
    cv2.rectangle(canvas, (0, top), (canvas.shape[1], top + height), _PAPER, -1)
    for number, line in enumerate(lines, start=1):
        place = (int(16 * unit), top + step * number - step // 5)
        thickness = 2 if at == 0 and number == 1 else 1
        text, scale, room = _ascii(line), 0.8 * unit, canvas.shape[1] - 2 * place[0]
        (wide, _), _ = cv2.getTextSize(text, _FONT, scale, thickness)
        scale *= min(1.0, room / max(1, wide))  # a model's name may be long
        cv2.putText(canvas, text, place, _FONT, scale, _INK, thickness, cv2.LINE_AA)


def _ascii(text: str) -> str:
    """ASCII only, because of OpenCV's fonts."""
    return text.encode("ascii", "replace").decode()
