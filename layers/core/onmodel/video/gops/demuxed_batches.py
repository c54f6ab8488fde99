"""Reads groups of pictures through a container's demultiplexer."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from onmodel.video.bitstream.reference_flags import IsReference
from onmodel.video.container.opening import ErrorRecordingFile, Readable
from onmodel.video.container.packet_table import Moments, PacketTable
from onmodel.video.gops.batches import BATCH_BYTES, BATCH_PACKETS, Batch, references
from onmodel.video.gops.windows import Windows
from onmodel.video.shots.cut_hints import CutHints

logger = logging.getLogger(__name__)

SEEK_BACK_SECONDS = 2.0  # doubled until a keyframe lies before the start
_LEADING_SECONDS = 1.0  # leading pictures precede their keyframe by less: 16 pictures take 0.7 s
_REORDERED = ("h264", "hevc")  # codecs whose presentation order differs from the decoding order
_SEARCHED_PACKETS = 5000  # without a keyframe in so many packets a seek has failed


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
        self._container, self._stream, self._recorder = container, stream, recorder
        self._table, self._is_reference = table, is_reference
        self.hints = CutHints(table, None if len(table) else self._keyframes())
        self._timed = not (table.container == "avi" and table.codec in _REORDERED)
        if not self._timed:
            logger.info("AVI has no presentation times: whole groups of pictures are decoded")

    def batches(self, windows: Windows) -> Iterator[Batch]:
        self._announce(windows)
        stop = windows.end
        held: list[Packet[Any]] = []  # the current group, or the rest of it
        ahead: list[Packet[Any]] = []  # the next keyframe and its leading pictures
        head, size = True, 0
        for packet in self._packets_of(windows):
            if ahead and (packet.is_keyframe or tick_of(packet) > tick_of(ahead[0])):
                yield self._batch(held, ahead, head=head)
                if self._seconds(ahead[0]) >= stop:
                    return
                held, ahead, head = ahead, [], True
                size = sum(each.size for each in held)
            if packet.is_keyframe and held:
                ahead = [packet]
            elif ahead:
                ahead.append(packet)
            else:
                held.append(packet)
                size += packet.size
                if size >= BATCH_BYTES or len(held) >= BATCH_PACKETS:
                    yield self._batch(held, [], head=head, last=False)
                    if not windows.by_groups and self._past(held, stop):
                        return
                    held, head, size = [], False, 0
        if held or ahead:
            yield self._batch(held, ahead, head=head)
        if ahead:
            yield self._batch(ahead, [], head=True)

    def _keyframes(self) -> Moments:
        """Seconds of the keyframes that the container lists, for films without a table."""
        listed = [entry.timestamp for entry in self._stream.index_entries if entry.is_keyframe]
        return self._table.seconds(np.array(listed, np.int64))

    def _seconds(self, packet: Packet[Any]) -> float:
        return float(self._table.seconds(tick_of(packet)))

    def _past(self, held: list[Packet[Any]], stop: float) -> bool:
        """Whether all packets from here on are shown after the end."""
        return min(self._seconds(packet) for packet in held) >= stop

    def _batch(
        self, own: list[Packet[Any]], ahead: list[Packet[Any]], *, head: bool, last: bool = True
    ) -> Batch:
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
            reference=references(packets, self._is_reference if self._timed else None, head=head),
            packets=packets,
            next_keyframe=tick_of(ahead[0]) if ahead else None,
            head=head,
            last=last,
            timed=self._timed,
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

    def _packets_of(self, windows: Windows) -> Iterator[Packet[Any]]:
        """All packets from the first keyframe that the windows need."""
        start = self._table.ticks(windows.start)
        tick = 1.0 if self._stream.time_base is None else float(self._stream.time_base)
        first = self._stream.start_time or 0
        back = SEEK_BACK_SECONDS if windows.by_groups else 0.0
        while True:
            target = start - int(back / tick)
            from_start = target <= first
            self._seek(min(first, 0) if from_start else target)
            packets = self._packets()
            if windows.by_groups and windows.start > 0:
                keyframe, early = self._first_keyframe_in(windows, packets)
            else:
                keyframe = self._next_keyframe(packets)
                early = keyframe is not None and tick_of(keyframe) <= start
            if early or from_start:
                if keyframe is not None:
                    yield keyframe
                    yield from packets
                return
            back = max(SEEK_BACK_SECONDS, back * 2)

    def _first_keyframe_in(
        self, windows: Windows, packets: Iterator[Packet[Any]]
    ) -> tuple[Packet[Any] | None, bool]:
        """The first keyframe of a span, and whether reading began early enough to find it."""
        early = False
        for packet in packets:
            seconds = self._seconds(packet)
            early = early or seconds <= windows.start - _LEADING_SECONDS
            if packet.is_keyframe and seconds >= windows.start:
                return (packet if seconds < windows.end else None), early
            if seconds >= windows.end + _LEADING_SECONDS:
                break
        return None, early

    def _next_keyframe(self, packets: Iterator[Packet[Any]]) -> Packet[Any] | None:
        for count, packet in enumerate(packets):
            if packet.is_keyframe:
                return packet
            if count > _SEARCHED_PACKETS:
                break
        return None

    def _seek(self, target: int) -> None:
        try:
            self._container.seek(target, stream=self._stream)
        except av.FFmpegError as fault:
            self._recorder.raise_read_error()
            logger.info("seeking to tick %d failed (%s): reading from the start", target, fault)
            self._rewind()

    def _rewind(self) -> None:
        try:
            self._container.seek(0)
        except av.FFmpegError as fault:
            self._recorder.raise_read_error()
            logger.info("rewinding failed (%s): reading on", fault)

    def _packets(self) -> Iterator[Packet[Any]]:
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except av.FFmpegError as fault:
                self._recorder.raise_read_error()
                logger.info("the container ends early: %s", fault)
                return
            self._recorder.raise_read_error()
            if packet.size == 0:  # the demultiplexer ends the film with an empty packet
                return
            if packet.pts is None:
                packet.pts = packet.dts  # AVI has no presentation times
            if packet.pts is not None:
                yield packet


def tick_of(packet: Packet[Any]) -> int:
    """A packet's presentation time in ticks; ValueError for a packet without one."""
    if packet.pts is None:
        raise ValueError("a packet without a time")
    return packet.pts
