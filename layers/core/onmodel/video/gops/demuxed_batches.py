"""Reads groups of pictures through a container's demultiplexer."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from onmodel.video.bitstream.reference_flags import IsReference
from onmodel.video.container.opening import ErrorRecordingFile, Readable
from onmodel.video.container.packet_table import MPEG_STREAMS, Moments, PacketTable
from onmodel.video.gops.batches import BATCH_BYTES, BATCH_PACKETS, Batch, references
from onmodel.video.gops.film_packets import LONGEST_GAP_SECONDS, FilmPackets
from onmodel.video.gops.windows import Windows
from onmodel.video.shots.cut_hints import CutHints

logger = logging.getLogger(__name__)


@dataclass(eq=False)
class _Reading:
    """Packets that were read and not yet planned.

    Attributes:
        held: the current group of pictures, or the rest of it.
        ahead: the next keyframe and its leading pictures.
        cut_off: packets whose keyframe is missing, because the film or a part of it begins here.
        head: the first of `held` is the group's keyframe.
        begins: nothing of this part of the film was planned yet.
        size: bytes of `held`.
    """

    held: list[Packet[Any]] = field(default_factory=list)
    ahead: list[Packet[Any]] = field(default_factory=list)
    cut_off: list[Packet[Any]] = field(default_factory=list)
    head: bool = True
    begins: bool = False
    size: int = 0


class DemuxedBatches:
    """Reads the groups of a container, from a keyframe before the first window on."""

    def __init__(
        self,
        container: InputContainer,
        stream: VideoStream,
        recorder: ErrorRecordingFile,
        table: PacketTable,
        is_reference: IsReference | None,
    ) -> None:
        self._stream, self._recorder, self._table = stream, recorder, table
        self._packets = FilmPackets(container, stream, recorder, table)
        self._is_reference = is_reference if table.timed else None
        self.hints = CutHints(table, None if len(table) else self._keyframes())
        if not table.timed:
            logger.info("packets have no presentation times: whole groups are decoded")

    def batches(self, windows: Windows) -> Iterator[Batch]:
        self._announce(windows)
        reading, ended = _Reading(), _Reading()
        for packet, begins in self._packets.starting_at(windows.start):
            if begins:
                yield from self._rest(ended, None)
                reading, ended = _Reading(begins=True), reading
            if reading.begins and not reading.held:
                if not packet.is_keyframe:
                    reading.cut_off.append(packet)
                    continue
                yield from self._rest(ended, packet)
                ended = _Reading()
            ahead = reading.ahead
            if ahead and (packet.is_keyframe or tick_of(packet) > tick_of(ahead[0])):
                yield from self._planned(reading, ahead[0])
                if self._seconds(ahead[0]) >= windows.end:
                    return
                reading = _Reading(held=ahead, size=sum(each.size for each in ahead))
            if packet.is_keyframe and reading.held:
                reading.ahead = [packet]
            elif reading.ahead:
                reading.ahead.append(packet)
            else:
                reading.held.append(packet)
                reading.size += packet.size
                if reading.size >= BATCH_BYTES or len(reading.held) >= BATCH_PACKETS:
                    yield from self._planned(reading, None, last=False)
                    if self._past(reading.held, windows.end):
                        return
                    reading = _Reading(head=False)
        yield from self._rest(ended, None)
        yield from self._rest(reading, None)

    def _rest(self, reading: _Reading, keyframe: Packet[Any] | None) -> Iterator[Batch]:
        """What is left where a part of the film ends; `keyframe` is the first of the next part."""
        ahead = reading.ahead
        if reading.held or reading.cut_off:
            yield from self._planned(reading, ahead[0] if ahead else keyframe)
        if ahead:
            yield from self._planned(_Reading(held=ahead), keyframe)

    def _planned(
        self, reading: _Reading, keyframe: Packet[Any] | None, *, last: bool = True
    ) -> Iterator[Batch]:
        """The batch of what is held, before it one of the packets that cannot be decoded."""
        if reading.begins:
            first = reading.held[0] if reading.held else None
            cut_off = list(reading.cut_off)
            if first is not None:
                cut_off += [each for each in reading.held if tick_of(each) < tick_of(first)]
            if cut_off:
                yield _undecodable(
                    [tick_of(packet) for packet in cut_off], keyframe if first is None else first
                )
        if reading.held:
            yield self._batch(reading, keyframe, last=last)
            if last and self._table.container in MPEG_STREAMS:
                yield from self._gap(reading.held, keyframe)

    def _gap(self, held: list[Packet[Any]], keyframe: Packet[Any] | None) -> Iterator[Batch]:
        """A batch for the pictures that are missing after a group: a stream loses packets."""
        if keyframe is None:
            return
        latest = max(tick_of(packet) for packet in held)
        if tick_of(keyframe) > latest + round(LONGEST_GAP_SECONDS / self._table.time_base):
            rate = self._table.frames_per_second or 1 / LONGEST_GAP_SECONDS
            yield _undecodable([latest + round(1 / rate / self._table.time_base)], keyframe)

    def _keyframes(self) -> Moments:
        """Seconds of the keyframes that the container lists, for films without a table."""
        listed = [entry.timestamp for entry in self._stream.index_entries if entry.is_keyframe]
        return self._table.seconds(np.array(listed, np.int64))

    def _seconds(self, packet: Packet[Any]) -> float:
        return float(self._table.seconds(tick_of(packet)))

    def _past(self, held: list[Packet[Any]], stop: float) -> bool:
        """Whether all packets from here on are shown after the end."""
        return min(self._seconds(packet) for packet in held) >= stop

    def _batch(self, reading: _Reading, keyframe: Packet[Any] | None, *, last: bool) -> Batch:
        own, ahead, head = reading.held, reading.ahead, reading.head
        packets = [packet for packet in own if not head or tick_of(packet) >= tick_of(own[0])]
        self.hints.read(
            self._table.seconds(np.array([tick_of(packet) for packet in packets], np.int64)),
            np.array([packet.size for packet in packets], np.int64),
            head=head,
        )
        shown = [not packet.is_discard for packet in packets]
        if len(ahead) > 1:
            tail = [packet for packet in ahead if tick_of(packet) <= tick_of(ahead[0])]
            shown += [False, *(not packet.is_discard for packet in tail[1:])]
            packets += tail
        return Batch(
            pts=np.array([tick_of(packet) for packet in packets], np.int64),
            shown=np.array(shown, bool),
            reference=references(packets, self._is_reference, head=head),
            packets=packets,
            next_keyframe=None if keyframe is None else tick_of(keyframe),
            head=head,
            last=last,
            timed=self._table.timed,
        )

    def _announce(self, windows: Windows) -> None:
        """Announce the byte span of the windows to a file with `expect`, if the table has it."""
        table, file = self._table, self._recorder.file
        expect = getattr(file, "expect", None)
        if expect is None or len(table) < 2:
            return
        times = table.seconds(table.pts)
        first = max(int(np.searchsorted(times, windows.start, side="right")) - 1, 0)
        last = int(np.searchsorted(times, windows.end, side="left"))
        end = int(table.position[last]) if last < len(table) else self._size(file)
        expect(int(table.position[first]), end)

    @staticmethod
    def _size(file: Readable) -> int:
        here = file.tell()
        end = file.seek(0, 2)
        file.seek(here)
        return end


def _undecodable(ticks: list[int], keyframe: Packet[Any] | None) -> Batch:
    """A batch of pictures that cannot be decoded until the next keyframe: they are lost."""
    count = len(ticks)
    return Batch(
        pts=np.array(ticks, np.int64),
        shown=np.ones(count, bool),
        reference=np.ones(count, bool),
        packets=[None] * count,
        next_keyframe=None if keyframe is None else tick_of(keyframe),
    )


def tick_of(packet: Packet[Any]) -> int:
    """A packet's presentation time in ticks; ValueError for a packet without one."""
    if packet.pts is None:
        raise ValueError("a packet without a time")
    return packet.pts
