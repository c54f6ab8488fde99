"""Reads groups of pictures of films that were joined end to end, each through its own header."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from av.packet import Packet

from onmodel.video.container.packet_table import FilmPart, PacketTable
from onmodel.video.gops.batches import Batch, BatchSource
from onmodel.video.gops.windows import Windows
from onmodel.video.shots.cut_hints import CutHint, CutHints, Evidence, evidence_between

_JUST_BEFORE = 1e-3  # seconds
OpenPart = Callable[[FilmPart], AbstractContextManager[BatchSource]]


class JoinedBatches:
    """The batches of all parts in film time."""

    def __init__(self, table: PacketTable, open_part: OpenPart) -> None:
        self._table, self._open_part = table, open_part
        self._hints = JoinedHints(table)
        self.hints: CutHints = self._hints

    def batches(self, windows: Windows) -> Iterator[Batch]:
        parts = self._table.parts
        begins = [part.begin_seconds(self._table) for part in parts]
        ends = [*begins[1:], float("inf")]
        for number, part in enumerate(parts):
            if ends[number] <= windows.start or begins[number] >= windows.end:
                continue
            following = parts[number + 1] if number + 1 < len(parts) else None
            after = None if following is None else following.film_ticks(following.table.origin)
            own = replace(
                windows,
                start=max(windows.start - begins[number], 0.0),
                end=windows.end - begins[number],
                anchor=windows.anchor - begins[number],
            )
            with self._open_part(part) as source:
                self._hints.add(source.hints, begins[number])
                for batch in source.batches(own):
                    yield _in_film_time(batch, number, part, after)


class JoinedHints(CutHints):
    """The cut hints of all parts, in film time; nothing is known of the joins."""

    def __init__(self, table: PacketTable) -> None:
        super().__init__(table)
        self._parts: list[tuple[CutHints, float]] = []

    def add(self, hints: CutHints, begin: float) -> None:
        """Add those of a part that begins at `begin` seconds; they may still be read."""
        self._parts.append((hints, begin))

    def of(self, start: float, end: float) -> tuple[CutHint, ...]:
        found: list[CutHint] = []
        for hints, begin in self._parts:
            if begin > 0:
                found.append(CutHint(begin - _JUST_BEFORE, begin, is_cut=False))
            found += (
                CutHint(hint.since + begin, hint.until + begin, hint.is_cut)
                for hint in hints.of(max(start - begin, 0.0), end - begin)
            )
        return tuple(found)

    def between(self, start: float, end: float) -> Evidence:
        return evidence_between(self.of(start, end), start, end)


def _in_film_time(batch: Batch, number: int, part: FilmPart, after: int | None) -> Batch:
    """A part's batch; `after` is the first tick of the next part."""
    following = batch.next_keyframe
    return replace(
        batch,
        pts=part.film_ticks(batch.pts),
        packets=[_moved(packet, part) for packet in batch.packets],
        next_keyframe=(after if batch.last else None)
        if following is None
        else part.film_ticks(following),
        part=number,
    )


def _moved(packet: Packet[Any] | None, part: FilmPart) -> Packet[Any] | None:
    if packet is not None and packet.pts is not None:
        packet.pts = int(part.film_ticks(packet.pts))
        packet.dts = None
    return packet
