"""Reads a container's packets in film time, from a keyframe on."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from itertools import chain
from typing import Any, TypeAlias

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet, PacketSideData
from av.video.stream import VideoStream

from onmodel.video.container.film_clock import ClockRules
from onmodel.video.container.joined_files import MATROSKA
from onmodel.video.container.opening import ErrorRecordingFile
from onmodel.video.container.packet_scan import packets_of
from onmodel.video.container.packet_table import MPEG_STREAMS, PacketTable, Segment
from onmodel.video.container.table_columns import declared_rate

logger = logging.getLogger(__name__)

_SEEK_BACK_SECONDS = 2.0  # doubled until a keyframe lies before the start
_SEARCHED_PACKETS = 5000  # without a keyframe in so many packets a seek has failed
FilmPacket: TypeAlias = "tuple[Packet[Any], bool]"
"""A packet, and whether the film's clock begins or restarts with it, or packets are missing before
it: then no packet before it is decoded together with later ones."""

LONGEST_GAP_SECONDS = 1.0  # between pictures of an MPEG stream; after more, some are missing

_ROUNDING = 1e-6  # seconds
_EARLIER_KEYFRAMES = (0, 1, 2, 8)  # a packet that begins in another one's block needs that one


class FilmPackets:
    """The packets of a film through its container; their times are set to film time."""

    def __init__(
        self,
        container: InputContainer,
        stream: VideoStream,
        recorder: ErrorRecordingFile,
        table: PacketTable,
    ) -> None:
        self._container, self._stream, self._recorder = container, stream, recorder
        self._table = table
        rate = table.frames_per_second or declared_rate(stream)
        self._rules = ClockRules.of(table.container, table.time_base, rate)
        self._loses_packets = table.container in MPEG_STREAMS
        self._gap = round(LONGEST_GAP_SECONDS / table.time_base)
        self._keyframes = frozenset(table.position.tolist()) if table.keyframes_measured else None
        self._is_at_start = True
        self._palette = self._first_palette()

    def starting_at(self, seconds: float) -> Iterator[FilmPacket]:
        """Packets from the last keyframe on that is shown at `seconds`, or from an earlier one."""
        return self._of_segments(seconds) if self._table.segments else self._by_clock(seconds)

    def _of_segments(self, seconds: float) -> Iterator[FilmPacket]:
        table = self._table
        times = table.seconds(table.pts)
        row = int(np.searchsorted(times, seconds + _ROUNDING, side="right")) - 1
        for earlier in _EARLIER_KEYFRAMES:
            if row - earlier <= 0:
                break
            if not self._seek_to_row(row - earlier):
                continue
            packets = self._from_row(row)
            first = next(packets, None)
            if first is not None:
                yield first
                yield from packets
                return
        self._rewind()
        first_packet, *_ = table.segments
        yield from self._in_film_time(self._packets(), table.segments, first_packet)

    def _seek_to_row(self, row: int) -> bool:
        """Whether the container can go to a keyframe of the table."""
        table = self._table
        if table.container in MPEG_STREAMS:
            return self._seek(int(table.position[row]), unsupported_byte_offset=True)
        if not table.timed and table.container.startswith(MATROSKA):
            return False  # its pictures are counted from the film's beginning
        # where the clock restarts, times repeat
        return len(table.segments) == 1 and self._seek(int(table.dts[row]))

    def _from_row(self, row: int) -> Iterator[FilmPacket]:
        """The packets from a keyframe of the table on; none if it does not come."""
        table = self._table
        position, size, clock = (
            int(column[row]) for column in (table.position, table.size, table.dts)
        )
        packets, reached = self._packets(), -1
        for packet in packets:
            reached = max(reached, -1 if packet.pos is None else packet.pos)
            if reached > position:
                return
            alike = packet.is_keyframe and packet.size == size and reached == position
            # the first packet after a seek may have the time of the one before it
            if alike and (not table.timed or _own_time(packet) == clock):
                break
        else:
            return
        film = int(table.pts[row])
        here = Segment(position, clock, film)
        packet.pts = film
        yield packet, any(segment.position == position for segment in table.segments)
        later = tuple(segment for segment in table.segments if segment.position > position)
        yield from self._in_film_time(packets, later, here)

    def _in_film_time(
        self, packets: Iterator[Packet[Any]], segments: tuple[Segment, ...], since: Segment
    ) -> Iterator[FilmPacket]:
        """Packets with times counted from `since`, and from each of the segments that begins."""
        clock, film = since.clock, since.film
        for packet in packets:
            begins = bool(segments) and (packet.pos or 0) >= segments[0].position
            own = _own_time(packet)
            if begins:
                (begun, *rest) = segments
                clock, film, segments = begun.clock, begun.film, tuple(rest)
            elif not self._table.timed:
                film += self._rules.frame
            if self._table.timed:
                if own is None:
                    continue
                step = self._rules.between(clock, own)
                if not begins and abs(step) > self._rules.step:  # a damaged timestamp
                    packet.pts = film + self._rules.frame
                    yield packet, False
                    continue
                begins = begins or (self._loses_packets and step > self._gap)
                film, clock = film + step, own
            packet.pts = film
            yield packet, begins

    def _by_clock(self, seconds: float) -> Iterator[FilmPacket]:
        """Packets of a film whose clock is film time, as far as is known."""
        start = self._table.ticks(seconds)
        first, back = self._stream.start_time or 0, 0.0
        while True:
            target = start - int(back / self._table.time_base)
            from_start = target <= first
            if not self._seek(min(first, 0) if from_start else target):
                self._rewind()
            packets = self._packets()
            if from_start:
                yield from self._from_start(packets)
                return
            keyframe = self._next_keyframe(packets)
            if keyframe is not None and (_own_time(keyframe) or 0) <= start:
                for packet in chain((keyframe,), packets):
                    packet.pts = _own_time(packet)
                    if packet.pts is not None:
                        yield packet, False
                return
            back = max(_SEEK_BACK_SECONDS, back * 2)

    def _from_start(self, packets: Iterator[Packet[Any]]) -> Iterator[FilmPacket]:
        """All packets; those before the first keyframe cannot be decoded."""
        begins = True
        for packet in packets:
            packet.pts = _own_time(packet)
            if packet.pts is not None:
                yield packet, begins
                begins = False

    def _next_keyframe(self, packets: Iterator[Packet[Any]]) -> Packet[Any] | None:
        for count, packet in enumerate(packets):
            if packet.is_keyframe and _own_time(packet) is not None:
                return packet
            if count > _SEARCHED_PACKETS:
                break
        return None

    def _packets(self) -> Iterator[Packet[Any]]:
        """Packets from here on, with the keyframes and the palette that are known of the film."""
        for packet in packets_of(self._container, self._stream, self._recorder):
            if self._keyframes is not None:
                packet.is_keyframe = packet.pos in self._keyframes
            if packet.has_sidedata("palette"):
                self._palette = packet.get_sidedata("palette")
            elif packet.is_keyframe and self._palette is not None:
                packet.set_sidedata(self._palette)
            yield packet

    def _first_palette(self) -> PacketSideData | None:
        """The palette: a container gives it with its first packet alone."""
        if self._stream.codec_context.pix_fmt != "pal8":
            return None
        self._is_at_start = False
        first = next(packets_of(self._container, self._stream, self._recorder), None)
        known = first is not None and first.has_sidedata("palette")
        return first.get_sidedata("palette") if first is not None and known else None

    def _seek(self, target: int, *, unsupported_byte_offset: bool = False) -> bool:
        self._is_at_start = False
        try:
            self._container.seek(
                target, stream=self._stream, unsupported_byte_offset=unsupported_byte_offset
            )
        except av.FFmpegError as fault:
            self._recorder.raise_read_error()
            logger.info("seeking to %d failed: %s", target, fault)
            return False
        return True

    def _rewind(self) -> None:
        """Go to the start of the file; seeking may miss pictures before time 0."""
        if self._is_at_start:
            return
        by_bytes = self._table.container in MPEG_STREAMS
        for target in () if by_bytes else (min(self._stream.start_time or 0, 0),):
            if self._seek(target):
                return
        if not self._seek(0, unsupported_byte_offset=True):
            logger.info("the file cannot be read from its start: reading on")


def _own_time(packet: Packet[Any]) -> int | None:
    """A packet's presentation time; without one its decoding time, as in AVI."""
    return packet.dts if packet.pts is None else packet.pts
