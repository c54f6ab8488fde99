"""Measures how far the background moved between two frames of a shot: the camera's movement.

Points are found again by the method of Lucas and Kanade in a pyramid (Bouguet, "Pyramidal
Implementation of the Lucas Kanade Feature Tracker", 2000). A figure's box holds background, too:
of the points in it, those that move as its middle does are the figure's. Each other point votes for
its own movement; that one is taken that most parts of the picture agree with, not most points: a
figure that no finder found has many points in one place.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from onmodel.contracts.base import Box
from onmodel.vision.carrying import Grey

WIDTH = 480  # pixels of the copies: in those of 320, fewer shots that stand still are told
_AROUND = 0.05  # of a figure's box: its arms may reach beyond
_MIDDLE = 0.7  # of a box, across and down: the ellipse that is surely of the figure
_POINTS, _APART, _CORNER = 600, 6, 0.003  # most points, pixels between them, share of the sharpest
_LEAST_POINTS, _LEAST_PARTS = 4, 2
_LEAST_MIDDLE = 3  # points in a figure's middle, that tell its movement
_PART = 60  # pixels: side of a part of the picture
_AGREE = 1.5  # pixels: movements that are one
_SHARE = 0.3  # of the parts with points, that must agree
_SHARE_BESIDE = 0.5  # likewise, where only what is beside the boxes is asked
_BACK = 0.5  # pixels: a point that is followed back must come so near to its start
_FOLLOW: Any = {"winSize": (15, 15), "maxLevel": 3, "criteria": (3, 20, 0.03)}

Points = npt.NDArray[np.float32]
Chosen = npt.NDArray[np.bool_]
Edges = tuple[float, float, float, float]
"""Left, top, right and bottom of a box in a copy."""


def background_movement(
    one: Grey, other: Grey, figures: Iterable[Box], other_figures: Iterable[Box], scale: float
) -> tuple[float, float] | None:
    """Across and down, in pixels of the film, from one frame to the other.

    None where too little of the background is to be seen, or its parts do not agree.

    Args:
        one: copy of a frame, WIDTH wide.
        other: copy of another frame of the shot, of the same shape.
        figures: boxes of the figures in the first frame.
        other_figures: of the other frame.
        scale: pixels of the film to one of the copies.
    """
    if one.shape != other.shape:
        return None
    before = [_edges(box, scale) for box in figures]
    after = [_edges(box, scale) for box in other_figures]
    start, moved = _followed(one, other, np.full(one.shape, 255, np.uint8))
    others = ~_of_figures(start, moved, before, after)
    step = _agreed(start[others], moved[others], _SHARE)
    if step is None:  # points are as sharp as a share of the sharpest, which the figures have
        start, moved = _followed(one, other, _beside(one.shape, before))
        beside = ~_inside(start + moved, after)
        step = _agreed(start[beside], moved[beside], _SHARE_BESIDE)
    return None if step is None else (float(step[0]) * scale, float(step[1]) * scale)


def _edges(box: Box, scale: float) -> Edges:
    """A figure's box and a little around it."""
    across, down = _AROUND * box.width, _AROUND * box.height
    return (
        (box.left - across) / scale,
        (box.top - down) / scale,
        (box.right + across) / scale,
        (box.bottom + down) / scale,
    )


def _inside(points: Points, boxes: Iterable[Edges]) -> Chosen:
    """Which points are in one of the boxes."""
    chosen = np.zeros(len(points), np.bool_)
    for left, top, right, bottom in boxes:
        chosen |= ((points >= (left, top)) & (points <= (right, bottom))).all(axis=1)
    return chosen


def _in_middle(points: Points, box: Edges) -> Chosen:
    left, top, right, bottom = box
    half = np.array(((right - left) / 2, (bottom - top) / 2), np.float32)
    return np.asarray(np.hypot(*((points - (left, top) - half) / (_MIDDLE * half)).T) < 1, np.bool_)


def _of_figures(
    start: Points, moved: Points, before: Iterable[Edges], after: Iterable[Edges]
) -> Chosen:
    """The points in a figure's middle, and those in its box that move as its middle does."""
    own = np.zeros(len(start), np.bool_)
    for box in before:
        middle = _in_middle(start, box)
        own |= middle
        if middle.sum() >= _LEAST_MIDDLE:
            alike = np.hypot(*(moved - np.median(moved[middle], axis=0)).T) < _AGREE
            own |= _inside(start, [box]) & alike
    for box in after:
        own |= _in_middle(start + moved, box)
    return own


def _beside(shape: tuple[int, ...], boxes: Iterable[Edges]) -> Grey:
    """255 where no box is, else 0."""
    mask = np.full(shape, 255, np.uint8)
    for left, top, right, bottom in boxes:
        mask[max(0, int(top)) : int(bottom) + 1, max(0, int(left)) : int(right) + 1] = 0
    return mask


def _followed(one: Grey, other: Grey, mask: Grey) -> tuple[Points, Points]:
    """Starts and movements of the points that are surely found again."""
    found: Any = cv2.goodFeaturesToTrack(one, _POINTS, _CORNER, _APART, mask=mask, blockSize=3)
    if found is None:
        return np.empty((0, 2), np.float32), np.empty((0, 2), np.float32)
    follow: Any = cv2.calcOpticalFlowPyrLK  # its types forbid that the answer has no array yet
    there, ahead, _ = follow(one, other, found, None, **_FOLLOW)
    again, back, _ = follow(other, one, there, None, **_FOLLOW)
    start, end = found[:, 0], there[:, 0]
    height, width = other.shape
    sure = (ahead[:, 0] == 1) & (back[:, 0] == 1)
    sure &= np.hypot(*(again[:, 0] - start).T) < _BACK
    sure &= ((end >= 0) & (end < (width, height))).all(axis=1)
    return start[sure], (end - start)[sure]


def _agreed(start: Points, moved: Points, share: float) -> Points | None:
    """The movement that most parts of the picture share; None if too few do."""
    if len(start) < _LEAST_POINTS:
        return None
    columns, rows = (start // _PART).astype(int).T
    parts = columns + 1000 * rows
    near = np.hypot(*(moved[:, None] - moved[None]).transpose(2, 0, 1)) < _AGREE
    votes = [(len(np.unique(parts[agreeing])), int(agreeing.sum())) for agreeing in near]
    best = max(range(len(votes)), key=votes.__getitem__)
    if votes[best][0] < max(_LEAST_PARTS, share * len(np.unique(parts))):
        return None
    return np.asarray(np.median(moved[near[best]], axis=0), np.float32)
