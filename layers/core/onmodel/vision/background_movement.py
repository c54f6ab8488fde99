"""Measures how far the background moved between two frames of a shot: the camera's movement.

Points beside the figures are found again by the method of Lucas and Kanade in a pyramid (Bouguet,
"Pyramidal Implementation of the Lucas Kanade Feature Tracker", 2000). Each point votes for its own
movement; that one is taken that most parts of the picture agree with, not most points: a figure
that no finder found has many points in one place.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from onmodel.contracts.base import Box
from onmodel.vision.carrying import Grey

WIDTH = 480  # pixels of the copies: with 320, twice as many duplicates are left
_AROUND = 0.05  # of a figure's box: its arms may reach beyond
_POINTS, _APART, _CORNER = 300, 6, 0.003  # most points, pixels between them, share of the sharpest
_LEAST_POINTS, _LEAST_PARTS = 4, 2
_PART = 60  # pixels: side of a part of the picture
_AGREE = 1.5  # pixels: movements that are one
_SHARE = 0.5  # of the parts with points, that must agree
_BACK = 0.5  # pixels: a point that is followed back must come so near to its start
_FOLLOW: Any = {"winSize": (15, 15), "maxLevel": 3, "criteria": (3, 20, 0.03)}

Points = npt.NDArray[np.float32]


def background_movement(
    one: Grey, other: Grey, figures: Iterable[Box], other_figures: Iterable[Box], scale: float
) -> tuple[float, float] | None:
    """Across and down, in pixels of the film, from one frame to the other.

    None where too little of the background is to be seen, or its parts do not agree.

    Args:
        one: copy of a frame, WIDTH wide.
        other: copy of another frame of the shot, of the same shape.
        figures: boxes of the figures in the first frame; what is in them is not background.
        other_figures: of the other frame.
        scale: pixels of the film to one of the copies.
    """
    if one.shape != other.shape:
        return None
    found: Any = cv2.goodFeaturesToTrack(
        one, _POINTS, _CORNER, _APART, mask=_beside(figures, one, scale), blockSize=3
    )
    if found is None or len(found) < _LEAST_POINTS:
        return None
    start, moved = _followed(found, one, other, _beside(other_figures, other, scale))
    if len(start) < _LEAST_POINTS:
        return None
    agreed = _agreed(start, moved)
    if agreed is None:
        return None
    across, down = np.median(moved[agreed], axis=0)
    return float(across) * scale, float(down) * scale


def _beside(figures: Iterable[Box], copy: Grey, scale: float) -> Grey:
    """255 where no figure is, else 0; of the copy's shape."""
    mask = np.full(copy.shape, 255, np.uint8)
    for box in figures:
        across, down = _AROUND * box.width, _AROUND * box.height
        mask[
            max(0, int((box.top - down) / scale)) : int((box.bottom + down) / scale) + 1,
            max(0, int((box.left - across) / scale)) : int((box.right + across) / scale) + 1,
        ] = 0
    return mask


def _followed(points: Points, one: Grey, other: Grey, beside: Grey) -> tuple[Points, Points]:
    """Starts and movements of the points that are surely found again, beside the figures."""
    follow: Any = cv2.calcOpticalFlowPyrLK  # its types forbid that the answer has no array yet
    there, found, _ = follow(one, other, points, None, **_FOLLOW)
    back, found_back, _ = follow(other, one, there, None, **_FOLLOW)
    start, end = points[:, 0], there[:, 0]
    sure = (found[:, 0] == 1) & (found_back[:, 0] == 1)
    sure &= np.hypot(*(back[:, 0] - start).T) < _BACK
    height, width = other.shape
    sure &= (end >= 0).all(axis=1) & (end[:, 0] < width) & (end[:, 1] < height)
    columns, rows = end[sure].astype(int).T
    seen = beside[rows, columns] > 0
    return start[sure][seen], (end - start)[sure][seen]


def _agreed(start: Points, moved: Points) -> npt.NDArray[np.bool_] | None:
    """The points of the movement that most parts of the picture share; None if too few do."""
    columns, rows = (start // _PART).astype(int).T
    parts = columns + 1000 * rows
    near = np.hypot(*(moved[:, None] - moved[None]).transpose(2, 0, 1)) < _AGREE
    votes = [(len(np.unique(parts[agreeing])), int(agreeing.sum())) for agreeing in near]
    best = max(range(len(votes)), key=votes.__getitem__)
    least = max(_LEAST_PARTS, _SHARE * len(np.unique(parts)))
    return near[best] if votes[best][0] >= least else None
