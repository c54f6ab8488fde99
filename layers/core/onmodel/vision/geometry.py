"""Rectangles: from fractions to pixels, overlap, and the window that is cut around a figure.

All boxes are in the film's display pixels; `right` and `bottom` are exclusive.
"""

from __future__ import annotations

import math

from onmodel.contracts.base import Box
from onmodel.contracts.sampling_settings import SHORTEST_CROP_SIDE, CropSettings
from onmodel.ports.models import Instance

FrameSize = tuple[int, int]
"""Width, height in pixels."""


def intersection(first: Box, second: Box) -> Box | None:
    """What both boxes cover, or None when they do not meet."""
    left, top = max(first.left, second.left), max(first.top, second.top)
    right, bottom = min(first.right, second.right), min(first.bottom, second.bottom)
    if right <= left or bottom <= top:
        return None
    return Box(left=left, top=top, width=right - left, height=bottom - top)


def intersection_over_union(first: Box, second: Box) -> float:
    """Overlap of two boxes: 0 when apart, 1 when equal."""
    shared = intersection(first, second)
    if shared is None:
        return 0.0
    return shared.area / (first.area + second.area - shared.area)


def share_inside(first: Box, second: Box) -> float:
    """Share of the smaller box that lies inside the other: 0 when apart, 1 when inside."""
    shared = intersection(first, second)
    return shared.area / min(first.area, second.area) if shared else 0.0


def instance_box(instance: Instance, size: FrameSize) -> Box | None:
    """A detector's fractions as whole pixels, cut at the frame.

    Detectors return boxes that extend a little beyond the border. None for a box that is outside
    of the frame or thinner than a pixel.
    """
    width, height = size
    left = max(0, round(instance.left * width))
    top = max(0, round(instance.top * height))
    right = min(width, round((instance.left + instance.width) * width))
    bottom = min(height, round((instance.top + instance.height) * height))
    if right <= left or bottom <= top:
        return None
    return Box(left=left, top=top, width=right - left, height=bottom - top)


def widest_aspect(crop: CropSettings) -> float:
    """Long by short side that a window may have: 512 on the short side must remain at `side`."""
    return min(crop.max_aspect, crop.side / SHORTEST_CROP_SIDE)


def crop_window(figure: Box, picture: Box, crop: CropSettings) -> Box:
    """The window to cut around a figure.

    Centred on the figure, padded on each side by a share of it, widened until its aspect fits, and
    shifted (not shrunk) where it would leave the picture: a model trained on pictures with black
    borders draws black borders. It is smaller than figure and padding only if the picture is
    smaller, and cuts off a part of the figure only if the picture is too narrow for the aspect.

    Args:
        figure: what was found; the part outside `picture` is ignored.
        picture: the frame without letter or pillar bars.
        crop: padding and aspect.

    Raises:
        ValueError: figure and picture do not meet.
    """
    inside = intersection(figure, picture)
    if inside is None:
        raise ValueError(f"figure {figure} lies outside the picture {picture}")
    width, height = _window_size(inside, picture, crop)
    return Box(
        left=_centred(inside.left, inside.width, width, picture.left, picture.right),
        top=_centred(inside.top, inside.height, height, picture.top, picture.bottom),
        width=width,
        height=height,
    )


def _window_size(figure: Box, picture: Box, crop: CropSettings) -> FrameSize:
    """Width and height of the window: padded, within the picture, and of a fitting aspect."""
    spread = 1 + 2 * crop.padding
    width = min(picture.width, math.ceil(figure.width * spread))
    height = min(picture.height, math.ceil(figure.height * spread))
    aspect = widest_aspect(crop)
    width = min(picture.width, max(width, math.ceil(height / aspect)))
    height = min(picture.height, max(height, math.ceil(width / aspect)))
    # Where the picture is too narrow to widen the window, the long side is shortened.
    return min(width, _at_least_one(height * aspect)), min(height, _at_least_one(width * aspect))


def _at_least_one(length: float) -> int:
    # 1e-9 allows for float rounding: 3 / 1.1 * 1.1 must stay 3.
    return max(1, math.floor(length + 1e-9))


def _centred(start: int, length: int, wanted: int, lowest: int, highest: int) -> int:
    """Where a span of `wanted` begins when centred on another and kept in [lowest, highest)."""
    centred = round(start + (length - wanted) / 2)
    return min(max(centred, lowest), highest - wanted)
