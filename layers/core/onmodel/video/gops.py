"""Groups of pictures, from a packet table and byte ranges or from a container."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Any, Protocol

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from onmodel.video.containers import GuardedFile
from onmodel.video.marks import IsReference
from onmodel.video.packets import Flags, PacketTable, Ticks

SEEK_BACK_SECONDS = 2.0  # MPEG-TS finds keyframes late; doubled until one lies before the start


@dataclass(frozen=True, eq=False)
class Gop:
    """A keyframe and what follows it up to the next, in decoding order.

    `own` packets are followed by a tail: the next keyframe and those of its packets that are
    shown before it, which only decode after this group (open groups of pictures).

    Attributes:
        pts: (packets,) ticks; shown: which may be yielded; reference: which others refer to.
        next_keyframe: pts of the next group's keyframe, or None at the end of the film.
        packet: the packet of a row, with its data.
    """

    pts: Ticks
    shown: Flags
    reference: Flags
    next_keyframe: int | None
    packet: Callable[[int], Packet[Any]]


class GopSource(Protocol):
    """Where groups of pictures come from."""

    def gops(self, start: int, end: int) -> Iterator[Gop]:
        """All groups that hold pictures shown at ticks [start, end), in order."""
        ...


class TableGops:
    """Groups of a complete packet table; the bytes are read by position, in order."""

    def __init__(self, table: PacketTable, file: IO[bytes], is_reference: IsReference | None):
        self._table, self._file, self._is_reference = table, file, is_reference

    def gops(self, start: int, end: int) -> Iterator[Gop]:
        table = self._table
        heads = np.flatnonzero(table.keyframe)
        if not len(heads):
            return
        times = table.pts[heads]
        first = max(int(np.searchsorted(times, start, side="right")) - 1, 0)
        for number in range(first, len(heads)):
            if times[number] >= end:
                return
            yield self._gop(heads, number)

    def _gop(self, heads: Ticks, number: int) -> Gop:
        table = self._table
        head = int(heads[number])
        stop = int(heads[number + 1]) if number + 1 < len(heads) else len(table)
        rows = np.arange(head, stop)
        rows = rows[(table.pts[rows] >= table.pts[head])]
        next_keyframe, tail = None, rows[:0]
        if stop < len(table):
            next_keyframe = int(table.pts[stop])
            after = int(heads[number + 2]) if number + 2 < len(heads) else len(table)
            tail = np.arange(stop, after)
            tail = tail[table.pts[tail] <= next_keyframe]
            tail = tail if len(tail) > 1 else tail[:0]
        every = np.concatenate([rows, tail])
        shown = ~table.discard[every]
        if len(tail):
            shown[len(rows)] = False
        held: dict[int, bytes] = {}

        def data(index: int) -> bytes:
            if index not in held:
                row = int(every[index])
                self._file.seek(int(table.position[row]))
                held[index] = self._file.read(int(table.size[row]))
            return held[index]

        def packet(index: int) -> Packet[Any]:
            row = int(every[index])
            made = Packet(data(index))
            made.pts, made.dts = int(table.pts[row]), int(table.dts[row])
            made.time_base = table.time_base
            made.is_keyframe = bool(table.keyframe[row])
            return made

        mark = self._is_reference
        reference = np.array(
            [mark is None or index == 0 or mark(data(index)) for index in range(len(every))]
        )
        return Gop(table.pts[every], shown, reference, next_keyframe, packet)


class ContainerGops:
    """Groups as a container's demultiplexer yields them."""

    def __init__(
        self,
        container: InputContainer,
        stream: VideoStream,
        guard: GuardedFile,
        is_reference: IsReference | None,
    ):
        self._container, self._stream, self._guard = container, stream, guard
        self._is_reference = is_reference

    def gops(self, start: int, end: int) -> Iterator[Gop]:
        groups = self._groups(start)
        current = next(groups, None)
        while current is not None:
            following = next(groups, None)
            if following is None or following[0].pts > start:
                yield self._gop(current, following)
            if following is not None and following[0].pts >= end:
                return
            current = following

    def _groups(self, start: int) -> Iterator[list[Any]]:
        group: list[Any] = []
        for packet in self._packets_before(start):
            if packet.is_keyframe:
                if group:
                    yield group
                group = []
            if group or packet.is_keyframe:
                group.append(packet)
        if group:
            yield group

    def _packets_before(self, start: int) -> Iterator[Packet[Any]]:
        """All packets from a keyframe at or before `start` on."""
        back = 0.0
        ticks_a_second = float(1 / self._stream.time_base) if self._stream.time_base else 1.0
        while True:
            target = int(start - back * ticks_a_second)
            self._seek(target)
            packets = self._packets()
            waiting = []
            for packet in packets:
                waiting.append(packet)
                if packet.is_keyframe:
                    break
            good = waiting and waiting[-1].is_keyframe and waiting[-1].pts <= start
            if good or target <= min(0, self._stream.start_time or 0):
                yield from waiting
                yield from packets
                return
            back = max(SEEK_BACK_SECONDS, back * 2)

    def _seek(self, target: int) -> None:
        first = self._stream.start_time or 0
        try:
            self._container.seek(max(target, min(first, 0)), stream=self._stream)
        except av.FFmpegError:
            self._guard.check()
            self._container.seek(0)

    def _packets(self) -> Iterator[Packet[Any]]:
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
            except (StopIteration, av.EOFError):
                return
            except av.FFmpegError:
                self._guard.check()
                return
            if packet.size == 0:
                self._guard.check()
                return
            if packet.pts is None:
                packet.pts = packet.dts
            if packet.pts is not None:
                yield packet

    def _gop(self, own: list[Any], following: list[Any] | None) -> Gop:
        head = own[0].pts
        packets = [packet for packet in own if packet.pts >= head]
        count, next_keyframe = len(packets), None
        if following is not None:
            next_keyframe = following[0].pts
            tail = [packet for packet in following if packet.pts <= next_keyframe]
            packets += tail if len(tail) > 1 else []
        shown = np.array([not packet.is_discard for packet in packets])
        if len(packets) > count:
            shown[count] = False
        mark = self._is_reference
        reference = np.array(
            [
                mark is None or index == 0 or mark(bytes(packet))
                for index, packet in enumerate(packets)
            ]
        )
        pts = np.array([packet.pts for packet in packets], np.int64)
        return Gop(pts, shown, reference, next_keyframe, packets.__getitem__)
