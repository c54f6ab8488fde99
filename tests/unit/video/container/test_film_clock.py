from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onmodel.video.container.film_clock import NO_TIME, ClockRules, end_of, film_clock
from onmodel.video.container.packet_table import Columns

TICK = Fraction(1, 90_000)
FRAME = 3600  # ticks: 25 frames a second
ORDER = (0, 4, 2, 1, 3)  # presentation order of a group of pictures with B-frames
STREAM = ClockRules.of("mpegts", TICK, 25.0)
FILE = ClockRules.of("matroska,webm", TICK, 25.0)


def part(groups: int, begin: int, *, missing: bool = False) -> Columns:
    """Packets of groups of five pictures in decoding order; the first is shown at `begin`."""
    pts, dts = [], []
    for group in range(groups):
        for place, shown in enumerate(ORDER):
            pts.append(begin + (5 * group + shown) * FRAME)
            dts.append(
                NO_TIME if missing and not group else begin + (5 * group + place - 2) * FRAME
            )
    count = len(pts)
    keyframe = np.arange(count) % 5 == 0
    zeros = np.zeros(count, np.int64)
    return Columns(
        np.array(pts), np.array(dts), zeros, zeros, keyframe, np.zeros(count, bool), zeros
    )


def joined(parts: list[Columns]) -> Columns:
    names = ("pts", "dts", "position", "size", "keyframe", "discard", "duration")
    return Columns(*(np.concatenate([getattr(each, name) for each in parts]) for name in names))


@given(
    parts=st.lists(
        st.tuples(st.integers(1, 20), st.integers(0, 2**33 - 1)), min_size=2, max_size=6
    ),
    rules=st.sampled_from([STREAM, FILE]),
)
def test_film_clock_when_parts_are_joined_then_every_picture_follows_the_one_before(parts, rules):
    if rules is FILE:  # only a step back shows that such a clock restarted
        parts = [(groups, begin % FRAME) for groups, begin in parts]
    clock = film_clock(joined([part(*each) for each in parts]), rules)
    assert np.diff(np.sort(clock.pts)).min() > 0
    lengths = [5 * groups for groups, _ in parts]
    starts = np.cumsum([0, *lengths[:-1]]).tolist()
    order = np.concatenate(
        [
            start + 5 * group + np.array(ORDER)
            for start, (groups, _) in zip(starts, parts, strict=True)
            for group in range(groups)
        ]
    )
    assert np.argsort(np.argsort(clock.pts)).tolist() == order.tolist()
    steps = np.diff(np.sort(clock.pts))
    assert (steps == FRAME).sum() >= len(steps) - len(parts) + 1
    assert steps.max() <= STREAM.step


def test_film_clock_when_a_clock_returns_to_zero_then_time_goes_on():
    packets = part(8, 2**33 - 6 * FRAME)
    wrapped = Columns(
        packets.pts % 2**33, packets.dts % 2**33, packets.position, packets.size,
        packets.keyframe, packets.discard, packets.duration,
    )  # fmt: skip
    clock = film_clock(wrapped, STREAM)
    assert clock.pts.tolist() == packets.pts.tolist()
    assert clock.starts == (0,)


def test_film_clock_when_a_file_holds_a_picture_for_a_minute_then_it_is_film_time():
    packets = joined([part(1, 0), part(1, 60 * 90_000)])
    assert film_clock(packets, FILE).pts.tolist() == packets.pts.tolist()
    assert film_clock(packets, STREAM).pts.max() == 9 * FRAME


def test_film_clock_when_a_clock_jumps_by_hours_then_a_restart():
    packets = joined([part(1, 0), part(1, 14 * 3600 * 90_000)])
    assert film_clock(packets, FILE).pts.max() == 9 * FRAME


def test_film_clock_when_a_stream_skips_some_seconds_then_they_are_film_time():
    packets = joined([part(1, 0), part(1, 9 * 90_000)])
    assert film_clock(packets, STREAM).starts == (0,)
    assert film_clock(packets, STREAM).pts.tolist() == packets.pts.tolist()


def test_film_clock_when_first_decoding_times_are_missing_then_one_segment():
    packets = part(4, 0, missing=True)
    assert film_clock(packets, FILE).starts == (0,)


def test_film_clock_when_a_writer_steps_back_by_a_frame_then_no_restart():
    packets = part(4, 0)
    packets.dts[7] -= 2 * FRAME
    assert film_clock(packets, STREAM).starts == (0,)


def test_end_of_when_the_last_length_is_implausible_then_the_usual_one():
    shown = np.array([0, 10, 20, 30, 90, 500], np.int64)
    assert end_of(shown, np.array([0, 0, 0, 0, 0, 7]), STREAM) == 507
    assert end_of(shown, np.zeros(6, np.int64), STREAM) == 510
    assert end_of(shown, np.full(6, 900_001), STREAM) == 510
    assert end_of(shown[:1], np.zeros(1, np.int64), STREAM) == FRAME


@pytest.mark.parametrize("damaged", [5, 7, 8])
@pytest.mark.parametrize("also_decoding", [True, False])
def test_film_clock_when_one_timestamp_is_damaged_then_the_others_stay(
    damaged: int, also_decoding: bool
) -> None:
    packets = part(3, 90_000)
    expected = film_clock(packets, STREAM).pts
    packets.pts[damaged] = 766_593_115
    if also_decoding:
        packets.dts[damaged] = 766_593_115
    clock = film_clock(packets, STREAM)
    others = np.arange(len(expected)) != damaged
    assert clock.starts == (0,)
    assert np.array_equal(clock.pts[others], expected[others])
    assert abs(int(clock.pts[damaged] - expected[damaged])) <= 4 * FRAME
