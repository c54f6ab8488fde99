"""Tells pictures in which two others are mixed: those within dissolves and fades."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from onmodel.contracts.films import ChunkBorders, StoredSmallPicture

REACH = 2
"""Samples on either side in which the two mixed pictures are searched."""

AT_BORDERS = 2 * REACH
"""Small pictures kept of a chunk's first and last samples: those within REACH of a border are
compared with REACH samples before them, too."""

_WIDTH = 80
_DETAIL, _SMOOTH = 2.0, 1.5  # standard deviations in pixels of a picture 160 pixels wide
# Chosen on the half "tune" of bench/dissolves.py
_LEAST_SHARE = 0.1  # of either picture: less is not seen
_LEAST_DIFFERENCE = 12.0  # of 255, between the two pictures
_LEAST_EXPLAINED = 1.3  # unexplained energy by that which the lesser picture explains
_PLACES = ((1, 1), (1, 2), (2, 1), (2, 2))  # samples before and after, nearest first


@dataclass(frozen=True, eq=False)
class SmallPicture:
    """What is compared of a sample.

    Attributes:
        seconds: time of the sample on the film's clock.
        luma: (height, _WIDTH) uint8, smoothed so that a figure may move a little meanwhile.
        detail: variance of the luma's finer structure, which smoothing removes.
    """

    seconds: float
    luma: npt.NDArray[np.uint8]
    detail: float

    @classmethod
    def of(cls, seconds: float, luma: npt.NDArray[np.float32]) -> SmallPicture:
        """Of a (height, 160) luma, 0 to 255."""
        fine = luma - cv2.GaussianBlur(luma, (0, 0), _DETAIL)
        smooth = cv2.GaussianBlur(luma, (0, 0), _SMOOTH)
        size = _WIDTH, max(1, luma.shape[0] // 2)
        small: Any = cv2.resize(smooth, size, interpolation=cv2.INTER_AREA)
        return cls(seconds, np.clip(np.rint(small), 0, 255).astype(np.uint8), float(fine.var()))

    @classmethod
    def loaded(cls, stored: StoredSmallPicture) -> SmallPicture:
        """The picture that `stored` was made of."""
        coded = np.frombuffer(base64.b64decode(stored.png), np.uint8)
        luma = cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE)
        return cls(stored.seconds, np.asarray(luma, np.uint8), stored.detail)

    def stored(self) -> StoredSmallPicture:
        """For the chunk's results."""
        _, coded = cv2.imencode(".png", self.luma)
        png = base64.b64encode(coded.tobytes()).decode()
        return StoredSmallPicture(seconds=self.seconds, png=png, detail=self.detail)


def mixture(
    before: Sequence[SmallPicture], now: SmallPicture, after: Sequence[SmallPicture]
) -> str:
    """What `now` is mixed of, in words with shares and times; empty if it is no mixture.

    Args:
        before: samples before it in order of time; up to REACH of them are used.
        now: the sample.
        after: samples after it, likewise.
    """
    for earlier, later in _PLACES:
        if earlier <= len(before) and later <= len(after):
            first, last = before[-earlier], after[later - 1]
            share = _share_of_first(first, now, last)
            if share is not None:
                return (
                    f"{share:.0%} of the picture at {first.seconds:.3f} s and {1 - share:.0%} of"
                    f" that at {last.seconds:.3f} s"
                )
    return ""


def mixtures_at_borders(chunks: Sequence[ChunkBorders]) -> dict[float, str]:
    """The mixtures that no chunk could tell by itself: what they are mixed of, by their second.

    Args:
        chunks: the borders of adjacent chunks, in order.
    """
    found: dict[float, str] = {}
    for left, right in pairwise(chunks):
        samples = [SmallPicture.loaded(each) for each in (*left.last, *right.first)]
        border = len(left.last)
        if not (left.last and right.first):
            continue
        for place in range(max(0, border - REACH), min(len(samples), border + REACH)):
            words = mixture(samples[:place], samples[place], samples[place + 1 :])
            if words:
                found[samples[place].seconds] = words
    return found


def _share_of_first(first: SmallPicture, now: SmallPicture, last: SmallPicture) -> float | None:
    """How much of `first` is in `now`, if the rest of it is `last`; None if it is no mixture.

    The share is found by least squares. Two things tell a mixture from a picture that lies between
    two others because something moves: little remains unexplained, and its detail is weaker than
    theirs, because details of two pictures do not coincide.
    """
    if not first.luma.shape == now.luma.shape == last.luma.shape:
        return None
    start, middle, end = (each.luma.astype(np.float32) for each in (first, now, last))
    change = start - end
    energy = float((change * change).mean())
    if energy < _LEAST_DIFFERENCE**2:
        return None
    share = float(((middle - end) * change).mean()) / energy
    lesser = min(share, 1 - share)
    if lesser < _LEAST_SHARE:
        return None
    rest = middle - end - share * change
    if float((rest * rest).mean()) > _LEAST_EXPLAINED * lesser**2 * energy:
        return None
    whole = share * first.detail + (1 - share) * last.detail
    return share if now.detail <= (1 - lesser * (1 - lesser)) * whole else None


def borders_of(first: Iterable[SmallPicture], last: Iterable[SmallPicture]) -> ChunkBorders:
    """What the neighbouring chunks need of a chunk's first and last AT_BORDERS samples."""
    return ChunkBorders(
        first=tuple(each.stored() for each in first), last=tuple(each.stored() for each in last)
    )
