"""Other figures in a crop's window: the window is cut narrower, or they are known.

A picture of two figures under the name of one teaches both as that one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from onmodel.contracts.base import Box
from onmodel.contracts.crops import LARGE_SHARE
from onmodel.contracts.sampling_settings import CropSettings
from onmodel.vision.cropping import enlargement
from onmodel.vision.geometry import crop_window, intersection, share_inside

VISIBLE = 0.1
"""The same, from which the other one is mentioned at all: less is an elbow at the border."""

AROUND = 0.8
"""Share of a figure inside another box, from which that box is drawn around it: one of a group, or
a second box of the same figure. It is not beside it."""

ROUNDED = 0.01
"""Enlargement by which whole pixels may miss the limit."""


@dataclass(frozen=True)
class Visible:
    """Another figure in a window: its box, and its visible part by the area of the crop's own."""

    box: Box
    share: float

    @property
    def is_large(self) -> bool:
        return self.share >= LARGE_SHARE


def visible_figures(figure: Box, window: Box, others: Iterable[Box]) -> tuple[Visible, ...]:
    """The other figures that a crop shows, the largest part first.

    Args:
        figure: the crop's own.
        window: what is cut, in the same pixels.
        others: boxes of all other figures of the frame.
    """
    own = intersection(figure, window) or figure
    visible = []
    for box in others:
        part = intersection(box, window)
        around = box.area >= figure.area and share_inside(figure, box) >= AROUND
        if part is not None and not around and part.area >= VISIBLE * own.area:
            visible.append(Visible(box, part.area / own.area))
    return tuple(sorted(visible, key=lambda one: (-one.share, one.box.left, one.box.top)))


def narrow_window(figure: Box, picture: Box, crop: CropSettings, others: Sequence[Box]) -> Box:
    """The window to cut around a figure, without another large figure where that is possible.

    One large figure after the other is cut off at its nearer edge, as long as the whole figure
    remains, the aspect fits and the picture needs no more enlargement than allowed.

    Args:
        figure: what was found; the part outside `picture` is ignored.
        picture: the frame without letter or pillar bars.
        crop: padding, aspect and enlargement.
        others: boxes of all other figures of the frame.

    Raises:
        ValueError: figure and picture do not meet.
    """
    window = crop_window(figure, picture, crop)
    inside = intersection(figure, picture) or figure
    area = picture
    while large := _large(inside, window, others):
        narrower = [
            (candidate, part)
            for box in large
            for part in _parts_without(box, area, inside)
            if _fits(candidate := crop_window(inside, part, crop), inside, crop)
            and len(_large(inside, candidate, others)) < len(large)
        ]
        if not narrower:
            break
        window, area = max(narrower, key=lambda pair: (pair[0].area, pair[1].area))
    return window


def _large(figure: Box, window: Box, others: Sequence[Box]) -> list[Box]:
    return [one.box for one in visible_figures(figure, window, others) if one.is_large]


def _parts_without(other: Box, area: Box, figure: Box) -> Iterator[Box]:
    """The parts of an area left, right, above and below of a box that hold the whole figure."""
    spans = (
        (area.left, area.top, min(area.right, other.left), area.bottom),
        (max(area.left, other.right), area.top, area.right, area.bottom),
        (area.left, area.top, area.right, min(area.bottom, other.top)),
        (area.left, max(area.top, other.bottom), area.right, area.bottom),
    )
    for left, top, right, bottom in spans:
        if right > left and bottom > top:
            part = Box(left=left, top=top, width=right - left, height=bottom - top)
            if intersection(figure, part) == figure:
                yield part


def _fits(window: Box, figure: Box, crop: CropSettings) -> bool:
    enlarged = enlargement(window, crop)
    return intersection(figure, window) == figure and enlarged <= crop.max_enlargement + ROUNDED
