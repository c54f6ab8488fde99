"""Which moments of a film share one sample, and which packets must be decoded for them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]
NO_WINDOW = -1
_ROUNDING = 1e-6  # of a window: 0.04 s steps and 25 frames a second must not disagree on borders


@dataclass(frozen=True)
class Windows:
    """Half-open spans [anchor + k·step, anchor + (k+1)·step), clipped to [start, end).

    Attributes:
        leave_last: a window that reaches over `end` belongs to whoever samples from `end` on.
    """

    start: float
    end: float
    step: float
    anchor: float
    leave_last: bool = False

    def number(self, seconds: float) -> int:
        """The window of a moment, or NO_WINDOW outside of [start, end)."""
        return int(self.numbers(np.array([seconds]))[0])

    def numbers(self, seconds: npt.NDArray[np.float64]) -> Numbers:
        """The windows of many moments."""
        slack = self.step * _ROUNDING
        found = np.floor((seconds - self.anchor) / self.step + _ROUNDING).astype(np.int64)
        inside = (seconds >= self.start - slack) & (seconds < self.end - slack)
        if self.leave_last and math.isfinite(self.end):
            last = math.floor((self.end - self.anchor) / self.step + _ROUNDING)
            inside &= found < last
        return np.where(inside, found, NO_WINDOW)


def packets_to_decode(
    windows: Numbers, reference: npt.NDArray[np.bool_], left_to_next: int
) -> list[int]:
    """Which packets of a group of pictures to decode so that each of its windows gets a frame.

    The group's keyframe serves its own window. Each other window is served by the first packet
    in it that others refer to, and only if there is none by the first that none refers to: so
    all references up to the last one needed are decoded, no others.

    Args:
        windows: (packets,) window of each packet in decoding order, NO_WINDOW for packets that
            must not be shown.
        reference: (packets,) whether later packets may refer to it.
        left_to_next: window of the next group's keyframe, which serves it at less cost.

    Returns:
        Indices in decoding order.
    """
    wanted = np.unique(windows[(windows != NO_WINDOW) & (windows != left_to_next)])
    if not len(wanted):
        return []
    last, extra = 0, []
    for window in wanted:
        mine = np.flatnonzero(windows == window)
        shared = mine[reference[mine]]
        first = int(shared[0]) if len(shared) else int(mine[0])
        if not len(shared):
            extra.append(first)
        last = max(last, first)
    needed = np.flatnonzero(reference[: last + 1]).tolist()
    return sorted({*needed, *extra})
