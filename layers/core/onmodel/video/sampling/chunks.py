"""Divides a film into chunks, each for one invocation."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from onmodel.contracts.films import Chunk, FilmFacts
from onmodel.video.container.packet_table import PacketTable


def plan_chunks(
    packets: PacketTable, facts: FilmFacts, *, chunk_seconds: float
) -> tuple[Chunk, ...]:
    """Half-open spans that together cover the film, each about `chunk_seconds` long.

    Borders lie on keyframes, so that nothing is decoded twice; a film with a single group of
    pictures is one chunk. A film whose keyframes are not known is divided into equal spans: a
    chunk is then the groups of pictures that begin in its span.
    """
    end = max(facts.duration_seconds, 0.001)
    borders = [0.0]
    for time in _possible_borders(packets, end, chunk_seconds):
        # at least 0.75 of the wanted length, and at least 0.25 left for the last chunk
        if time - borders[-1] >= chunk_seconds * 0.75 and end - time >= chunk_seconds * 0.25:
            borders.append(float(time))
    borders.append(end)
    return tuple(
        Chunk(index=index, start_seconds=start, end_seconds=stop)
        for index, (start, stop) in enumerate(pairwise(borders))
    )


def _possible_borders(packets: PacketTable, end: float, chunk_seconds: float) -> list[float]:
    """Possible borders in seconds: the keyframe nearest to each multiple of `chunk_seconds`."""
    targets = np.arange(chunk_seconds, end, chunk_seconds)
    shown = packets.keyframe & ~packets.discard
    times = np.unique(packets.seconds(packets.pts[shown]))
    times = times[(times > 0) & (times < end)]
    if not len(packets):
        return [float(target) for target in targets]
    if not len(times) or not len(targets):
        return []
    after = np.clip(np.searchsorted(times, targets), 1, len(times) - 1) if len(times) > 1 else None
    if after is None:
        return [float(times[0])]
    nearer = np.where(targets - times[after - 1] <= times[after] - targets, after - 1, after)
    return sorted({float(times[index]) for index in nearer})
