"""The packet table of films that were joined end to end, each with a header of its own."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from fractions import Fraction

import numpy as np

from onmodel.errors import FilmRefused
from onmodel.video.container.packet_table import FilmPart, PacketTable, Ticks

_FINEST = 10**9  # ticks a second: then 290 years fit into 64 bits


def joined_table(
    spans: Iterable[tuple[int, int]], read: Callable[[int, int], PacketTable]
) -> PacketTable:
    """One table of several films, in one film time.

    Args:
        spans: of the films' bytes.
        read: the table of the film in a span; may raise FilmRefused.

    Raises:
        FilmRefused: no film can be read.
    """
    known, unread, refusal = [], 0, None
    for start, end in spans:
        try:
            known.append((start, end, read(start, end)))
        except FilmRefused as fault:
            unread, refusal = unread + end - start, refusal or fault
    if refusal is not None and not known:
        raise refusal
    tables = [table for _, _, table in known]
    time_base = _common_time_base(table.time_base for table in tables)
    parts, begin = [], 0
    for start, end, table in known:
        scale = int(table.time_base / time_base)
        parts.append(FilmPart(start, end, scale, begin - table.origin * scale, table))
        begin += round(table.duration_seconds / time_base)
    return with_parts(
        replace(
            tables[0],
            time_base=time_base,
            origin=0,
            complete=False,
            segments=(),
            timed=all(table.timed for table in tables),
            duration_seconds=float(begin * time_base),
            frames_per_second=_mean_rate(tables),
            declared_seconds=sum(table.declared_seconds for table in tables),
            cut_off=any(table.cut_off for table in tables),
            unread_bytes=unread + sum(table.unread_bytes for table in tables),
        ),
        tuple(parts),
    )


def with_parts(table: PacketTable, parts: tuple[FilmPart, ...]) -> PacketTable:
    """The table whose rows are the keyframes of these parts."""
    rows = [part.table.only(part.table.keyframe.nonzero()[0]) for part in parts]
    times = [part.film_ticks(row.pts) for part, row in zip(parts, rows, strict=True)]
    return replace(
        table,
        parts=parts,
        pts=_one(times),
        dts=_one(times),
        position=_one([row.position + part.start for part, row in zip(parts, rows, strict=True)]),
        size=_one([row.size for row in rows]),
        keyframe=np.concatenate([row.keyframe for row in rows]),
        discard=np.concatenate([row.discard for row in rows]),
    )


def _one(columns: list[Ticks]) -> Ticks:
    return np.concatenate(columns)


def _common_time_base(time_bases: Iterable[Fraction]) -> Fraction:
    """A length of which every one is a multiple."""
    known = list(time_bases)
    numerator = math.gcd(*(each.numerator for each in known))
    common = Fraction(numerator, math.lcm(*(each.denominator for each in known)))
    if 1 / common > _FINEST:
        raise FilmRefused("the joined films count time too differently", "Upload each part")
    return common


def _mean_rate(tables: list[PacketTable]) -> float:
    seconds = sum(table.duration_seconds for table in tables)
    pictures = sum(table.duration_seconds * table.frames_per_second for table in tables)
    return pictures / seconds if seconds else tables[0].frames_per_second
