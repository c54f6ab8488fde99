"""Reads groups of pictures by their positions in a complete packet table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
from av.packet import Packet

from onmodel.video.bitstream.reference_flags import IsReference
from onmodel.video.container.packet_table import Flags, PacketTable, Ticks
from onmodel.video.gops.batches import BATCH_BYTES, BATCH_PACKETS, Batch, references
from onmodel.video.gops.windows import NO_WINDOW, Windows
from onmodel.video.shots.cut_hints import CutHints

LARGEST_PACKET = 96 << 20  # an 8K ProRes 4444 picture has about 60 MB; a larger size is wrong
_JOINED_GAP = 512 << 10  # reading a gap of this size is faster than another request


@dataclass(frozen=True, eq=False)
class _Group:
    """The rows of a group of pictures, up to the last that a window needs."""

    rows: Ticks
    shown: Flags
    next_keyframe: int | None


class TableBatches:
    """Reads the groups of a complete packet table from a file, in order.

    Groups without a needed window are not read, nor packets after the last needed one of a group.
    """

    def __init__(
        self, table: PacketTable, file: IO[bytes], is_reference: IsReference | None
    ) -> None:
        self._table, self._file, self._is_reference = table, file, is_reference
        self.hints = CutHints(table)

    def batches(self, windows: Windows) -> Iterator[Batch]:
        groups = list(self._groups(windows))
        announce = self._announcer(groups)
        for number, group in enumerate(groups):
            announce(number)
            yield from self._batches_of(group)

    def _groups(self, windows: Windows) -> Iterator[_Group]:
        table = self._table
        heads = np.flatnonzero(table.keyframe)
        starts = table.seconds(table.pts[heads])
        # the group before may reach into the first window
        first = max(int(np.searchsorted(starts, windows.start, side="right")) - 1, 0)
        for number in range(first, len(heads)):
            if starts[number] >= windows.end:
                return
            group = self._group(heads, number)
            self._read_sizes(heads[number : number + 2].tolist())
            after = group.next_keyframe
            wanted = windows.wanted(
                table.seconds(table.pts[group.rows]),
                group.shown,
                None if after is None else float(table.seconds(after)),
            )
            used = np.flatnonzero(wanted != NO_WINDOW)
            if len(used):
                # without times, a picture's place in its group is known after decoding all of it
                stop = int(used[-1]) + 1 if table.timed else len(group.rows)
                yield _Group(group.rows[:stop], group.shown[:stop], after)

    def _group(self, heads: Ticks, number: int) -> _Group:
        table, head = self._table, int(heads[number])
        bounds = [*heads[number + 1 : number + 3].tolist(), len(table), len(table)]
        rows = np.arange(head, bounds[0])
        rows = rows[
            table.pts[rows] >= table.pts[head]
        ]  # leading pictures are decoded with the group before
        if bounds[0] == len(table):
            return _Group(rows, ~table.discard[rows], None)
        next_keyframe = int(table.pts[bounds[0]])
        tail = np.arange(bounds[0], bounds[1])
        tail = tail[table.pts[tail] <= next_keyframe]
        every = np.concatenate([rows, tail]) if len(tail) > 1 else rows
        shown = ~table.discard[every]
        shown[len(rows) : len(rows) + 1] = False  # the next keyframe is sampled in its own group
        return _Group(every, shown, next_keyframe)

    def _read_sizes(self, bounds: list[int]) -> None:
        rows = slice(bounds[0], bounds[1] if len(bounds) > 1 else len(self._table))
        self.hints.read(self._table.seconds(self._table.pts[rows]), self._table.size[rows])

    def _announcer(self, groups: list[_Group]) -> Callable[[int], None]:
        """A function that announces a group's byte span to a file with the method `expect`."""
        expect = getattr(self._file, "expect", None)
        if expect is None:
            return lambda _number: None
        spans: list[list[int]] = []
        span_of: list[int] = []
        for group in groups:
            ends = self._table.position[group.rows] + self._table.size[group.rows]
            start, end = int(self._table.position[group.rows].min()), int(ends.max())
            if spans and -_JOINED_GAP <= start - spans[-1][1] <= _JOINED_GAP:
                spans[-1][1] = max(spans[-1][1], end)
            else:
                spans.append([start, end])
            span_of.append(len(spans) - 1)
        announced = -1

        def announce(number: int) -> None:
            nonlocal announced
            if span_of[number] != announced:
                announced = span_of[number]
                expect(*spans[announced])

        return announce

    def _batches_of(self, group: _Group) -> Iterator[Batch]:
        table, count = self._table, len(group.rows)
        before = np.cumsum(table.size[group.rows])
        start = 0
        while start < count:
            held = before[start - 1] if start else 0
            fitting = int(np.searchsorted(before, held + BATCH_BYTES, side="right"))
            stop = min(max(fitting, start + 1), start + BATCH_PACKETS, count)
            packets = [self._packet(int(row)) for row in group.rows[start:stop]]
            yield Batch(
                pts=table.pts[group.rows[start:stop]],
                shown=group.shown[start:stop],
                reference=references(
                    packets, self._is_reference if table.timed else None, head=start == 0
                ),
                packets=packets,
                next_keyframe=group.next_keyframe,
                head=start == 0,
                last=stop == count,
                timed=table.timed,
            )
            start = stop

    def _packet(self, row: int) -> Packet[Any] | None:
        table, size = self._table, int(self._table.size[row])
        if not 0 < size <= LARGEST_PACKET or table.position[row] < 0:
            return None
        self._file.seek(int(table.position[row]))
        body = self._file.read(size)
        if len(body) < size:
            return None
        packet: Packet[Any] = Packet(size)  # allocated with the padding that decoders read into
        packet.update(body)
        packet.pts, packet.dts = int(table.pts[row]), int(table.dts[row])
        packet.time_base = table.time_base
        packet.is_keyframe = bool(table.keyframe[row])
        return packet
