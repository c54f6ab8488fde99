"""Where a cut may lie, from the sizes of packets alone: nothing is decoded for it.

A picture that resembles none before it costs nearly what a keyframe costs. So among ordinary
pictures that others build on, one as large as a keyframe is a cut, and where there is none there
is no cut, however fast the camera moves. Encoders that look for cuts put keyframes there too.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from onmodel.video.container.mp4_boxes import BOXED
from onmodel.video.container.packet_table import PacketTable

Seconds = npt.NDArray[np.float64]
Sizes = npt.NDArray[np.int64]

# codecs with one picture a packet; VP9 and AV1 put hidden pictures into packets of others
_TELLING = frozenset({"h264", "hevc", "mpeg4", "mpeg2video", "mpeg1video"})
_NEIGHBOURS = 6  # on each side; their median is what an ordinary picture costs
_TURN = 0.45  # of the way (in logarithms) from an ordinary picture to a keyframe
_ROOM = 2.0  # a keyframe less than twice an ordinary picture: nothing can stand out
_LISTED_WITHIN = 0.4  # seconds: some lists know when a picture is decoded, not when it is shown
_NEARLY = 0.9  # of the longest distance between keyframes: an encoder's own rhythm
_COMMON, _OFTEN = 1 / 8, 3  # share of all distances, and so many: a rhythm too
_JUST_BEFORE = 1e-3  # a keyframe that begins a shot: the cut is between it and what is shown before
_ONE_TURN_SECONDS = 0.2  # a flash begins and ends; so near together two turns are one


@dataclass(frozen=True)
class Hint:
    """A span (since, until] of film seconds between two pictures that others build on.

    Attributes:
        turn: the sizes say that a cut lies here; otherwise that one would not show.
    """

    since: float
    until: float
    turn: bool


@dataclass(frozen=True)
class Evidence:
    """What sizes say of a span: how many cuts, and if none, whether that is sure."""

    turns: int
    sure: bool


class CutHints:
    """The hints of a film, group of pictures by group of pictures, in order.

    Args:
        table: the film's.
        keyframes: seconds of its keyframes, if the table does not list them.
    """

    def __init__(self, table: PacketTable, keyframes: Seconds | None = None) -> None:
        self._telling = table.codec in _TELLING and table.container != "avi"
        if keyframes is None:
            keyframes = table.seconds(table.pts[table.keyframe])
        self._rhythm = _Rhythm(keyframes, lists_all=BOXED in table.container)
        self._hints: list[Hint] = []
        self._reached = -math.inf  # the latest picture so far
        self._keyframe_size = 1

    def read(self, seconds: Seconds, sizes: Sizes, *, head: bool = True) -> None:
        """Read a group's packets, or a part of them.

        Args:
            seconds: (packets,) presentation times in decoding order.
            sizes: (packets,) bytes.
            head: the first packet is the group's keyframe.
        """
        if not self._telling or not len(seconds):
            return
        if head:
            self._keyframe_size, keyframe = int(sizes[0]), float(seconds[0])
            if keyframe > self._reached:
                turn = self._rhythm.is_broken_by(keyframe)
                self._add(Hint(keyframe - _JUST_BEFORE, keyframe, turn))
            self._reached = keyframe
        latest = np.maximum.accumulate(np.maximum(seconds, self._reached))
        anchors = np.flatnonzero(seconds > np.append(self._reached, latest[:-1]))
        if not len(anchors):
            return
        times = seconds[anchors].tolist()
        for time, place in zip(times, self._places(sizes[anchors]).tolist(), strict=True):
            if not place < _TURN:  # not a number: nothing can stand out
                self._add(Hint(self._reached, time, turn=place >= _TURN))
            self._reached = time

    def _places(self, sizes: Sizes) -> npt.NDArray[np.float64]:
        """Each size's place between an ordinary picture, 0, and the keyframe, 1, or NaN."""
        last = len(sizes) - 1
        around = np.arange(last + 1)[:, None] + np.arange(-_NEIGHBOURS, _NEIGHBOURS + 1)
        around = np.clip(last - np.abs(last - np.abs(around)), 0, last)  # mirrored at the ends
        ordinary = np.maximum(np.partition(sizes[around], _NEIGHBOURS)[:, _NEIGHBOURS], 1)
        room = np.log(max(self._keyframe_size, 1) / ordinary)
        room[room < math.log(_ROOM)] = np.nan
        place: npt.NDArray[np.float64] = np.log(np.maximum(sizes, 1) / ordinary) / room
        return place

    def _add(self, hint: Hint) -> None:
        before = self._hints[-1] if self._hints else None
        if before and not before.turn and not hint.turn and before.until == hint.since:
            self._hints[-1] = Hint(before.since, hint.until, turn=False)
        else:
            self._hints.append(hint)

    def of(self, start: float, end: float) -> tuple[Hint, ...]:
        """All that was read for a span; its neighbours may have read some of it too."""
        return tuple(self._hints) if self._telling else (Hint(start, end, turn=False),)

    def between(self, start: float, end: float) -> Evidence:
        """What lies between two pictures that are shown at `start` and `end`."""
        if not self._telling:
            return Evidence(0, sure=False)
        first = bisect_left(self._hints, start, key=lambda hint: hint.until)
        return weigh(self._hints[first:], start, end)


def weigh(hints: Sequence[Hint], start: float, end: float) -> Evidence:
    """What hints, in order, say of the span between two pictures."""
    turns, turned, sure = 0, -math.inf, True
    for hint in hints:
        if hint.since >= end:
            break
        if hint.until <= start:
            continue
        sure = sure and hint.turn
        if hint.turn and hint.until - turned > _ONE_TURN_SECONDS:
            turns += 1
        if hint.turn:
            turned = hint.until
    return Evidence(turns, sure)


class _Rhythm:
    """The distances at which a film has keyframes whatever it shows."""

    def __init__(self, times: Seconds, *, lists_all: bool) -> None:
        self._times = np.array(sorted(set(times.tolist())))
        self._lists_all = lists_all
        self._gaps = np.diff(self._times).round(2)
        counts = Counter(self._gaps.tolist())
        often = max(_COMMON * len(self._gaps), _OFTEN)
        nearly = _NEARLY * max(counts, default=0.0)
        self._regular = frozenset(
            gap for gap, count in counts.items() if count >= often or gap >= nearly
        )

    def is_broken_by(self, keyframe: float) -> bool:
        """Whether a keyframe comes before it is due, or is one that no list promised."""
        if not len(self._times):
            return False
        number = int(np.searchsorted(self._times, keyframe - _LISTED_WITHIN))
        listed = number < len(self._times) and self._times[number] <= keyframe + _LISTED_WITHIN
        if not listed:
            return self._lists_all
        return number > 0 and float(self._gaps[number - 1]) not in self._regular
