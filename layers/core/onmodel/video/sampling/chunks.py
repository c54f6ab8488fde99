"""Cutting a film into spans that one invocation each can work."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from onmodel.contracts.films import Chunk, FilmFacts
from onmodel.video.container.packet_table import PacketTable


def plan_chunks(
    packets: PacketTable, facts: FilmFacts, *, chunk_seconds: float
) -> tuple[Chunk, ...]:
    """Half-open spans between keyframes that cover the film, each about `chunk_seconds` long.

    Borders lie on keyframes, so that nothing is decoded twice; a film of one single group of
    pictures is one chunk. A film without known keyframes is cut by the clock alone: a chunk is
    then the groups of pictures that begin in its span.
    """
    end = max(facts.duration_seconds, 0.001)
    borders = [0.0]
    for time in _cutting_points(packets, end, chunk_seconds):
        # a border is due once the chunk is closer to its aim than to twice that
        if time - borders[-1] >= chunk_seconds * 0.75 and end - time >= chunk_seconds * 0.25:
            borders.append(float(time))
    borders.append(end)
    return tuple(
        Chunk(index=index, start_seconds=start, end_seconds=stop)
        for index, (start, stop) in enumerate(pairwise(borders))
    )


def _cutting_points(packets: PacketTable, end: float, chunk_seconds: float) -> list[float]:
    """Seconds at which the film may be cut, at most one per aimed border: the nearest to it."""
    aims = np.arange(chunk_seconds, end, chunk_seconds)
    shown = packets.keyframe & ~packets.discard
    times = np.unique(packets.seconds(packets.pts[shown]))
    times = times[(times > 0) & (times < end)]
    if not len(packets):
        return [float(aim) for aim in aims]
    if not len(times) or not len(aims):
        return []
    after = np.clip(np.searchsorted(times, aims), 1, len(times) - 1) if len(times) > 1 else None
    if after is None:
        return [float(times[0])]
    nearer = np.where(aims - times[after - 1] <= times[after] - aims, after - 1, after)
    return sorted({float(times[index]) for index in nearer})
