"""Finds where a cut may lie from the sizes of packets, without decoding.

A picture that does not resemble the pictures before it takes nearly as many bytes as a keyframe.
So a reference picture of about a keyframe's size is a cut. Where no reference picture is that
large there is no cut, even if the camera moves fast. Encoders that detect cuts also put keyframes
there.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from onmodel.video.container.mp4_boxes import ISO_BMFF
from onmodel.video.container.packet_table import Moments, PacketTable

Sizes = npt.NDArray[np.int64]

# VP9 and AV1 are missing: their packets may hold a second, hidden picture
_ONE_PICTURE_PER_PACKET = frozenset({"h264", "hevc", "mpeg4", "mpeg2video", "mpeg1video"})
_NEIGHBOURS = 6  # on each side; their median is the size of an ordinary picture
_CUT_LEVEL = (
    0.45  # relative size (logarithmic: ordinary picture 0, keyframe 1) from which on it is a cut
)
_LEAST_RATIO = 2.0  # keyframe to ordinary picture; below it sizes cannot show a cut
_LISTED_WITHIN = 0.4  # seconds: some lists hold decoding times instead of presentation times
_NEAR_LONGEST = 0.9  # of the longest interval between keyframes: the regular interval of an encoder
_COMMON_SHARE, _COMMON_COUNT = 1 / 8, 3  # of all intervals: one that is so frequent is regular
_JUST_BEFORE = 1e-3  # seconds; the cut lies between the keyframe and the picture before it
_ONE_CUT_SECONDS = 0.2  # a flash looks like two cuts: closer ones count once


@dataclass(frozen=True)
class CutHint:
    """A span (since, until] of film seconds between two reference pictures.

    Attributes:
        is_cut: True: the sizes show a cut here. False: a cut here would not show in the sizes.
    """

    since: float
    until: float
    is_cut: bool


@dataclass(frozen=True)
class Evidence:
    """What sizes show for a span.

    Attributes:
        cuts: how many.
        certain: if there are none, whether a cut would have shown.
    """

    cuts: int
    certain: bool


class CutHints:
    """Collects the cut hints of a film from its groups of pictures, in order.

    Args:
        table: the film's packet table.
        keyframes: times of its keyframes in seconds, if the table does not list them.
    """

    def __init__(self, table: PacketTable, keyframes: Moments | None = None) -> None:
        self._usable = table.codec in _ONE_PICTURE_PER_PACKET and table.container != "avi"
        if keyframes is None:
            keyframes = table.seconds(table.pts[table.keyframe])
        self._intervals = _KeyframeIntervals(keyframes, lists_all=ISO_BMFF in table.container)
        self._hints: list[CutHint] = []
        self._reached = -math.inf  # the latest picture so far
        self._keyframe_size = 1

    def read(self, seconds: Moments, sizes: Sizes, *, head: bool = True) -> None:
        """Read the sizes of a group's packets, or of a part of them.

        Args:
            seconds: (packets,) presentation times in decoding order.
            sizes: (packets,) bytes.
            head: the first packet is the group's keyframe.
        """
        if not self._usable or not len(seconds):
            return
        if head:
            self._keyframe_size, keyframe = int(sizes[0]), float(seconds[0])
            if keyframe > self._reached:
                is_cut = self._intervals.is_irregular(keyframe)
                self._add(CutHint(keyframe - _JUST_BEFORE, keyframe, is_cut))
            self._reached = keyframe
        latest = np.maximum.accumulate(np.maximum(seconds, self._reached))
        anchors = np.flatnonzero(seconds > np.append(self._reached, latest[:-1]))
        if not len(anchors):
            return
        times = seconds[anchors].tolist()
        for time, relative in zip(
            times, self._relative_sizes(sizes[anchors]).tolist(), strict=True
        ):
            if not relative < _CUT_LEVEL:  # true for NaN too
                self._add(CutHint(self._reached, time, is_cut=relative >= _CUT_LEVEL))
            self._reached = time

    def _relative_sizes(self, sizes: Sizes) -> npt.NDArray[np.float64]:
        """Sizes on a logarithmic scale: ordinary picture 0, keyframe 1; NaN if both are alike."""
        last = len(sizes) - 1
        around = np.arange(last + 1)[:, None] + np.arange(-_NEIGHBOURS, _NEIGHBOURS + 1)
        around = np.clip(last - np.abs(last - np.abs(around)), 0, last)  # mirrored at the ends
        ordinary = np.maximum(np.partition(sizes[around], _NEIGHBOURS)[:, _NEIGHBOURS], 1)
        scale = np.log(max(self._keyframe_size, 1) / ordinary)
        scale[scale < math.log(_LEAST_RATIO)] = np.nan
        relative: npt.NDArray[np.float64] = np.log(np.maximum(sizes, 1) / ordinary) / scale
        return relative

    def _add(self, hint: CutHint) -> None:
        before = self._hints[-1] if self._hints else None
        if before and not before.is_cut and not hint.is_cut and before.until == hint.since:
            self._hints[-1] = CutHint(before.since, hint.until, is_cut=False)
        else:
            self._hints.append(hint)

    def of(self, start: float, end: float) -> tuple[CutHint, ...]:
        """All hints that were read for a span; they may reach into its neighbours."""
        return tuple(self._hints) if self._usable else (CutHint(start, end, is_cut=False),)

    def between(self, start: float, end: float) -> Evidence:
        """The evidence for cuts between two pictures that are shown at `start` and `end`."""
        if not self._usable:
            return Evidence(0, certain=False)
        first = bisect_left(self._hints, start, key=lambda hint: hint.until)
        return evidence_between(self._hints[first:], start, end)


def evidence_between(hints: Sequence[CutHint], start: float, end: float) -> Evidence:
    """The evidence of hints, in order, for cuts between two pictures at `start` and `end`."""
    cuts, last_cut, certain = 0, -math.inf, True
    for hint in hints:
        if hint.since >= end:
            break
        if hint.until <= start:
            continue
        certain = certain and hint.is_cut
        if hint.is_cut and hint.until - last_cut > _ONE_CUT_SECONDS:
            cuts += 1
        if hint.is_cut:
            last_cut = hint.until
    return Evidence(cuts, certain)


class _KeyframeIntervals:
    """The regular intervals between keyframes, which do not depend on what the film shows."""

    def __init__(self, times: Moments, *, lists_all: bool) -> None:
        self._times = np.array(sorted(set(times.tolist())))
        self._lists_all = lists_all
        self._gaps = np.diff(self._times).round(2)
        counts = Counter(self._gaps.tolist())
        frequent = max(_COMMON_SHARE * len(self._gaps), _COMMON_COUNT)
        near_longest = _NEAR_LONGEST * max(counts, default=0.0)
        self._regular = frozenset(
            gap for gap, count in counts.items() if count >= frequent or gap >= near_longest
        )

    def is_irregular(self, keyframe: float) -> bool:
        """Whether a keyframe comes earlier than the regular interval, or is missing in the list."""
        if not len(self._times):
            return False
        number = int(np.searchsorted(self._times, keyframe - _LISTED_WITHIN))
        listed = number < len(self._times) and self._times[number] <= keyframe + _LISTED_WITHIN
        if not listed:
            return self._lists_all
        return number > 0 and float(self._gaps[number - 1]) not in self._regular
