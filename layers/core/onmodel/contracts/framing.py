"""How a picture shows its figure: how much of it, and where."""

from __future__ import annotations

from enum import StrEnum

from onmodel.contracts.base import Box


class Framing(StrEnum):
    """How much of its figure a picture shows."""

    HEAD = "head"
    HALF = "half"
    PART = "part"
    """It is cut off by an edge of the frame; how much is missing is not known."""
    FULL = "full"
    WIDE = "wide"
    """It is small in the picture, or the finder did not say where it is."""


class FigurePlace(StrEnum):
    """Where in a picture the middle of its figure is, by thirds."""

    MIDDLE = "middle"
    LEFT = "left"
    RIGHT = "right"
    TOP = "top"
    BOTTOM = "bottom"


def place_in(box: Box, window: Box) -> FigurePlace | None:
    """Where a figure is in the picture that was cut out; None where its box fills the picture.

    Args:
        box: the figure, in the film's pixels; parts outside the window do not count.
        window: what was cut out.
    """
    left, right = max(box.left, window.left), min(box.right, window.right)
    top, bottom = max(box.top, window.top), min(box.bottom, window.bottom)
    if (right - left, bottom - top) == (window.width, window.height):
        return None
    across = left + right - window.left - window.right
    down = top + bottom - window.top - window.bottom
    if 3 * abs(across) > window.width:
        return FigurePlace.LEFT if across < 0 else FigurePlace.RIGHT
    if 3 * abs(down) > window.height:
        return FigurePlace.TOP if down < 0 else FigurePlace.BOTTOM
    return FigurePlace.MIDDLE
