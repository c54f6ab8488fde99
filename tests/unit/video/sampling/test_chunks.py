from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from onmodel.contracts.base import Box
from onmodel.contracts.films import FilmFacts
from onmodel.video.container.packet_table import PacketTable
from onmodel.video.sampling.chunks import plan_chunks


def table_of(keyframes: list[float]) -> PacketTable:
    ticks = np.array([round(time * 1000) for time in keyframes], np.int64)
    return PacketTable(
        "mov", "h264", "h264", Fraction(1, 1000), 64, 64, ticks, ticks,
        np.arange(len(ticks)), np.ones(len(ticks), np.int64),
        np.ones(len(ticks), bool), np.zeros(len(ticks), bool), complete=True,
    )  # fmt: skip


def facts_of(seconds: float) -> FilmFacts:
    return FilmFacts(
        container="mov", codec="h264", width=64, height=64, duration_seconds=seconds,
        frames_per_second=24, picture=Box(left=0, top=0, width=64, height=64), size_bytes=1,
    )  # fmt: skip


@given(
    gaps=st.lists(st.floats(0.1, 90), min_size=0, max_size=200),
    chunk_seconds=st.floats(5, 600),
    tail=st.floats(0.05, 100),
)
def test_plan_chunks_when_keyframes_are_random_then_film_is_covered_with_borders_at_keyframes(
    gaps, chunk_seconds, tail
):
    keyframes = [0.0, *np.cumsum(gaps).round(3).tolist()]
    seconds = keyframes[-1] + tail
    chunks = plan_chunks(table_of(keyframes), facts_of(seconds), chunk_seconds=chunk_seconds)
    assert chunks[0].start_seconds == 0
    assert chunks[-1].end_seconds == seconds
    assert [chunk.index for chunk in chunks] == list(range(len(chunks)))
    known = set(np.array(keyframes).round(3).tolist())
    for before, after in pairwise(chunks):
        assert before.end_seconds == after.start_seconds
        assert round(after.start_seconds, 3) in known
    widest = max([*gaps, tail, 0])
    assert all(
        chunk.end_seconds - chunk.start_seconds <= 2 * chunk_seconds + widest for chunk in chunks
    )


def test_plan_chunks_when_keyframes_are_regular_then_chunks_of_the_wanted_length():
    chunks = plan_chunks(
        table_of([second * 5.0 for second in range(120)]), facts_of(600), chunk_seconds=60
    )
    assert [chunk.start_seconds for chunk in chunks] == [60.0 * index for index in range(10)]


def test_plan_chunks_when_film_has_one_group_of_pictures_then_one_chunk():
    chunks = plan_chunks(table_of([0.0]), facts_of(3600), chunk_seconds=60)
    assert [(chunk.start_seconds, chunk.end_seconds) for chunk in chunks] == [(0, 3600)]


def test_plan_chunks_when_keyframes_are_unknown_then_chunks_of_equal_length():
    chunks = plan_chunks(table_of([]), facts_of(150), chunk_seconds=60)
    assert [chunk.start_seconds for chunk in chunks] == [0, 60, 120]
