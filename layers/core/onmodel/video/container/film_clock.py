"""One continuous film time from the timestamps of packets, in the order of the file.

A clock restarts where recordings were joined end to end, and the clock of MPEG streams returns to
0 after 26.5 hours. Each restart begins a new segment. A segment begins where the one before it
ends, so film time never goes back and no two pictures have the same time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from onmodel.video.container.packet_table import Columns, Flags, Ticks

NO_TIME = -(2**63)
"""Stands for a missing timestamp."""

_WRAPS = {"mpegts": 2**33, "mpeg": 2**33}  # ticks after which a clock returns to 0
_STEP_BACK_SECONDS = 0.25  # timestamps of a faulty writer go back by less; a restart by more
_LONGEST_STEP_SECONDS = 10.0  # in MPEG streams: ffmpeg's own limit (-dts_delta_threshold)
_LONGEST_HELD_SECONDS = 3600.0  # in other files: no picture is held for an hour
_HELD_SECONDS = 10.0


@dataclass(frozen=True)
class ClockRules:
    """How a container's clock behaves, in ticks.

    Attributes:
        wrap: the clock returns to 0 after so many ticks; 0: never.
        step_back: a longer step back is a restart.
        step: a longer step ahead is a restart; a shorter one is film time, because a picture may
            be held.
        held: a single picture's length is believed up to this.
        frame: a picture's length where it cannot be measured.
    """

    wrap: int
    step_back: int
    step: int
    held: int
    frame: int

    @classmethod
    def of(cls, container: str, time_base: Fraction, rate: float) -> ClockRules:
        """For a container format by FFmpeg's name; `rate` is in frames a second."""
        wrap = _WRAPS.get(container, 0)
        return cls(
            wrap=wrap,
            step_back=int(_STEP_BACK_SECONDS / time_base),
            step=int((_LONGEST_STEP_SECONDS if wrap else _LONGEST_HELD_SECONDS) / time_base),
            held=int(_HELD_SECONDS / time_base),
            frame=max(1, round(1 / (rate * float(time_base)))),
        )

    def between(self, earlier: int, later: int) -> int:
        """Ticks from one timestamp to another, across the end of the clock if that is nearer."""
        step = later - earlier
        if self.wrap:
            step = (step + self.wrap // 2) % self.wrap - self.wrap // 2
        return step


@dataclass(frozen=True, eq=False)
class FilmClock:
    """The film time of every packet.

    Attributes:
        pts: (packets,) presentation times in ticks of film time.
        starts: the first packet of each segment; the first is 0.
    """

    pts: Ticks
    starts: tuple[int, ...]


def has_time(packets: Columns) -> Flags:
    """Which packets have a presentation or decoding time."""
    return np.asarray((packets.pts != NO_TIME) | (packets.dts != NO_TIME))


def with_times(packets: Columns) -> Columns:
    """Packets whose missing presentation times are their decoding times, as in AVI."""
    return replace(packets, pts=np.where(packets.pts == NO_TIME, packets.dts, packets.pts))


def film_clock(packets: Columns, rules: ClockRules) -> FilmClock:
    """The film time of packets in the order of the file.

    Args:
        packets: all presentation times are known; decoding times may be NO_TIME.
        rules: of the container.
    """
    presented = packets.pts.tolist()
    decoded = _without_damage(_without_gaps(presented, packets.dts.tolist(), rules), rules)
    shown = np.zeros(len(presented), np.int64)
    starts: list[int] = []
    time = newest = before = usual = 0
    for index, (own, clock, keyframe) in enumerate(
        zip(presented, decoded, packets.keyframe.tolist(), strict=True)
    ):
        ahead, step = rules.between(clock, own), rules.between(before, clock)
        if abs(ahead) > rules.step:  # no picture waits so long: the timestamp is damaged
            ahead = usual
        usual = ahead
        restarts = not index or (
            step < -rules.step_back
            or step > rules.step
            or (keyframe and step <= 0 and time + step + ahead <= newest)
        )
        if restarts:
            starts.append(index)
            time, newest = clock, clock + ahead
        else:
            time += step
        shown[index] = time + ahead
        newest = max(newest, time + ahead)
        before = clock
    return FilmClock(_joined(shown, starts, packets.duration, rules), tuple(starts))


def _without_damage(decoded: list[int], rules: ClockRules) -> list[int]:
    """Decoding times; one that jumps, while the next goes on as if it had not, is damaged."""

    def goes_on(before: int, time: int) -> bool:
        return -rules.step_back <= rules.between(before, time) <= rules.step

    for index in range(1, len(decoded) - 1):
        before = decoded[index - 1]
        if not goes_on(before, decoded[index]) and goes_on(before, decoded[index + 1]):
            decoded[index] = before + rules.frame
    return decoded


def _without_gaps(presented: list[int], decoded: list[int], rules: ClockRules) -> list[int]:
    """Decoding times; a missing one is the next known one, or the presentation time if earlier.

    FFmpeg derives the decoding times of some containers from earlier packets: across a restart
    they are those of the part before, and count as missing.
    """
    following: int | None = None
    for index in range(len(decoded) - 1, -1, -1):
        own, time = presented[index], decoded[index]
        if time == NO_TIME or abs(rules.between(time, own)) > rules.step:
            decoded[index] = own if following is None else min(own, following)
        following = decoded[index]
    return decoded


def _joined(shown: Ticks, starts: list[int], declared: Ticks, rules: ClockRules) -> Ticks:
    """Move every segment to the end of the one before it."""
    end: int | None = None
    for first, stop in zip(starts, [*starts[1:], len(shown)], strict=True):
        segment = shown[first:stop]
        if end is not None:
            segment += end - segment.min()
        end = end_of(segment, declared[first:stop], rules)
    return shown


def end_of(shown: Ticks, declared: Ticks, rules: ClockRules) -> int:
    """The tick at which the last picture ends.

    Its declared length is believed if it is not longer than another one, or than 10 s. Otherwise
    it is the usual length of the others.

    Args:
        shown: (pictures,) presentation times, at least one.
        declared: (pictures,) ticks; 0: none.
        rules: of the container.
    """
    last = int(np.argmax(shown))
    longest = int(np.diff(np.unique(shown)).max(initial=rules.held))
    own = int(declared[last])
    if not 0 < own <= longest:
        own = _usual_gap(shown) or rules.frame
    return int(shown[last]) + own


def _usual_gap(ticks: Ticks) -> int:
    """The median distance of pictures in ticks; 0 for fewer than two times."""
    gaps = np.diff(np.unique(ticks))
    middle = len(gaps) // 2  # np.median would import numpy.ma first
    return int(np.partition(gaps, middle)[middle]) if len(gaps) else 0
