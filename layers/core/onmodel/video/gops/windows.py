"""Windows of time with one sample each, and the packets that must be decoded for them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from onmodel.video.container.packet_table import Flags, Moments

Numbers = npt.NDArray[np.int64]

NO_WINDOW = -1
_ROUNDING = 1e-6  # of a window: a time this close before a border counts as on it
_KEYFRAME_STEP = 1e-3  # shorter than any frame: each keyframe has a window of its own


@dataclass(frozen=True)
class Windows:
    """Half-open spans [anchor + k·step, anchor + (k+1)·step), clipped to [start, end).

    Attributes:
        leave_last: a window that extends beyond `end` is left to the chunk that begins at `end`.
        keyframes_only: sample every keyframe, and no other frame.
    """

    start: float
    end: float
    step: float
    anchor: float
    leave_last: bool = False
    keyframes_only: bool = False

    @classmethod
    def of_keyframes(cls, start: float, end: float) -> Windows:
        return cls(start, end, _KEYFRAME_STEP, anchor=0.0, keyframes_only=True)

    def numbers(self, seconds: Moments) -> Numbers:
        """The number of each moment's window; NO_WINDOW outside of [start, end)."""
        slack = self.step * _ROUNDING
        found = np.floor((seconds - self.anchor) / self.step + _ROUNDING).astype(np.int64)
        inside = (seconds >= self.start - slack) & (seconds < self.end - slack)
        if self.leave_last and math.isfinite(self.end):
            inside &= found < math.floor((self.end - self.anchor) / self.step + _ROUNDING)
        return np.where(inside, found, NO_WINDOW)

    def start_of(self, seconds: float) -> float:
        """When the window of a moment begins; the moment itself outside of [start, end)."""
        number = int(self.numbers(np.array([seconds]))[0])
        if number == NO_WINDOW:
            return seconds
        return min(seconds, max(self.anchor + number * self.step, self.start))

    def end_of(self, number: int) -> float:
        """When a window ends; sampling may end before."""
        return min(self.anchor + (number + 1) * self.step, self.end)

    def clipped(self, start: float, end: float) -> tuple[float, float]:
        """The part of a span that lies in these windows."""
        return max(start, self.start), min(end, self.end)

    def wanted(self, seconds: Moments, shown: Flags, next_keyframe: float | None) -> Numbers:
        """The window that each packet of a group may be the sample of, or NO_WINDOW.

        The window that holds the next keyframe is left out: there one decoded frame suffices. If
        that keyframe cannot be decoded, the whole window is reported as lost.

        Args:
            seconds: (packets,) presentation times in decoding order, the keyframe's first.
            shown: (packets,) whether the picture may be sampled.
            next_keyframe: presentation time of the next group's keyframe.
        """
        numbers = np.where(shown, self.numbers(seconds), NO_WINDOW)
        if self.keyframes_only:
            numbers[1:] = NO_WINDOW
        if next_keyframe is not None:
            left = int(self.numbers(np.array([next_keyframe]))[0])
            numbers[numbers == left] = NO_WINDOW
        return numbers


def packets_to_decode(wanted: Numbers, reference: Flags, *, continues: bool = False) -> list[int]:
    """Which packets of a group of pictures to decode so that each of its windows gets a frame.

    The keyframe is the sample of its own window. Every other window gets its first reference
    picture, or its first picture if it has no reference picture. So all reference pictures up to
    the last needed one are decoded, and no later ones.

    Args:
        wanted: (packets,) each packet's window or NO_WINDOW, in decoding order.
        reference: (packets,) whether later packets may refer to it.
        continues: more packets of the group follow, so all of its reference pictures are needed.

    Returns:
        Indices in decoding order.
    """
    last = len(wanted) - 1 if continues else -1
    extra = []
    for window in sorted(set(wanted.tolist()) - {NO_WINDOW}):
        mine = np.flatnonzero(wanted == window)
        shared = mine[reference[mine]]
        first = int(shared[0]) if len(shared) else int(mine[0])
        if not len(shared):
            extra.append(first)
        last = max(last, first)
    needed = np.flatnonzero(reference[: last + 1]).tolist()
    return sorted({*needed, *extra})
