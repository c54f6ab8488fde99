"""Reads a film's packet table: from its index where that can be trusted, else from its packets."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import IO

import av
import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream

from onmodel.errors import FilmRefused
from onmodel.video.container.avi_chunks import end_without_pictures
from onmodel.video.container.declared_end import is_cut_off
from onmodel.video.container.film_clock import (
    ClockRules,
    FilmClock,
    film_clock,
    has_time,
    with_times,
)
from onmodel.video.container.joined_files import MATROSKA, file_span, joined_films
from onmodel.video.container.joined_table import joined_table
from onmodel.video.container.limits import Limits
from onmodel.video.container.mp4_boxes import ISO_BMFF, bytes_after_film
from onmodel.video.container.opening import ErrorRecordingFile, open_container
from onmodel.video.container.packet_scan import PacketScan, packets_of
from onmodel.video.container.packet_table import MPEG_STREAMS, Columns, PacketTable, Segment
from onmodel.video.container.table_columns import (
    CONTAINER_INDEPENDENT,
    canonical_codec,
    declared_rate,
    table_from_header,
)
from onmodel.video.container.tracks import EXPORT_AGAIN
from onmodel.video.container.zeroed_media import ZeroedMediaFile

_KEYFRAMES_LISTED = (MATROSKA, "avi")  # others only list the keyframes that they have read so far
_MOSTLY_TIMED = 0.9  # of the packets; with fewer times the frame rate is the only clock
_MOST_RESTARTS = 1000  # of the clock; a file with more has no clock that can be followed
_UNREAD_SHARE, _UNREAD_BYTES = 0.1, 8 << 10  # without a picture at the end: more is told

_PASSED_SECONDS = 5.0  # of pictures of the usual size; sound and tables take less


def read_packet_table(file: IO[bytes], limits: Limits) -> PacketTable:
    """Read a film's packet table; of films that were joined end to end, one of all parts.

    MP4 and MOV list every packet; the list is used if the file has them all. Matroska and AVI list
    their keyframes; the list is used if the packets after its last entries agree with it. Of all
    other films every packet is read once.

    Raises:
        FilmRefused: as `open_container`, the index is larger than the limits, or the film's clock
            cannot be followed.
    """
    table = _one_film(file, limits)
    restarts = len(table.segments) > 1
    searched = 0 if restarts or not len(table) else int(table.position.max())
    spans = joined_films(file, table.container, searched)
    if len(spans) < 2:
        return table
    return joined_table(spans, lambda start, end: _one_film(file_span(file, start, end), limits))


def _one_film(file: IO[bytes], limits: Limits) -> PacketTable:
    zeroed = ZeroedMediaFile(file, limits.header_bytes)
    recorder = ErrorRecordingFile(zeroed)
    size = _size(recorder)
    with open_container(recorder, limits) as (container, stream):
        index, listed = stream.index, len(stream.index_entries)
        if listed > limits.packets:
            raise FilmRefused(
                f"the film lists {listed:,} frames, more than {limits.packets:,}",
                "Cut it into parts",
            )
        if ISO_BMFF in container.format.name and _ends_within(stream, size):
            zeroed.media_is_zeroed = True
            table = _from_index(file, container, stream, recorder, limits)
            return replace(table, cut_off=zeroed.ends_within_fragment())
        if ISO_BMFF in container.format.name:
            return replace(_from_packets(file, index, limits), cut_off=True)
        has_list = container.format.name.startswith(_KEYFRAMES_LISTED)
    from_list = _from_listed_keyframes(file, index, limits) if has_list else None
    table = from_list or _from_packets(file, index, limits)
    last = int(table.position.max(initial=0))
    return replace(table, cut_off=is_cut_off(file, table.container, last))


def _from_index(
    file: IO[bytes],
    container: InputContainer,
    stream: VideoStream,
    recorder: ErrorRecordingFile,
    limits: Limits,
) -> PacketTable:
    """The table of an MP4 or MOV, whose media reads as zeros."""
    every = _every_packet(container, stream, limits)
    recorder.raise_read_error()
    unread = bytes_after_film(file)
    listed = len(stream.index_entries)
    if not len(every.pts) or len(every.pts) != listed or not every.keyframe.any():
        return table_from_header(container, stream, unread_bytes=unread)
    complete = canonical_codec(stream) in CONTAINER_INDEPENDENT
    return table_from_header(
        container,
        stream,
        every if complete else every.only(every.keyframe),
        complete=complete,
        tail=every,
        unread_bytes=unread,
    )


def _ends_within(stream: VideoStream, size: int) -> bool:
    """Whether a file of `size` bytes has every packet that it lists: it was not cut off."""
    return all(entry.pos + entry.size <= size for entry in stream.index_entries)


def _every_packet(container: InputContainer, stream: VideoStream, limits: Limits) -> Columns:
    rows = []
    try:
        for packet in container.demux(stream):
            if packet.size and packet.pts is not None and packet.dts is not None:
                rows.append(
                    (
                        packet.pts,
                        packet.dts,
                        packet.pos,
                        packet.size,
                        packet.is_discard,
                        packet.duration or 0,
                    )
                )
            if len(rows) > limits.packets:
                return Columns()
    except av.FFmpegError:
        return Columns()
    # the demultiplexer looks for keyframes in the packets, which are zeros: use the index
    keyframes = {entry.pos for entry in stream.index_entries if entry.is_keyframe}
    table = np.array(rows, np.int64).reshape(-1, 6)
    return Columns(
        pts=table[:, 0],
        dts=table[:, 1],
        position=table[:, 2],
        size=table[:, 3],
        discard=table[:, 4].astype(bool),
        duration=table[:, 5],
        keyframe=np.array([row[2] in keyframes for row in rows], bool),
    )


def _from_listed_keyframes(file: IO[bytes], index: int, limits: Limits) -> PacketTable | None:
    """The table of a Matroska or AVI file; None if its list of keyframes is not complete."""
    recorder = ErrorRecordingFile(file)
    with open_container(recorder, limits, index) as (container, stream):
        first = next(packets_of(container, stream, recorder), None)
        listed = _listed_keyframes(container, stream, recorder)
        known = set(listed.pts.tolist())
        # an index does not list pictures before time 0
        if first is None or not {first.pts, first.dts} & known:
            return None
        try:
            container.seek(int(listed.pts[max(len(listed.pts) - 2, 0)]), stream=stream)
        except av.FFmpegError:
            recorder.raise_read_error()
            return None
        scan = PacketScan()
        for packet in packets_of(container, stream, recorder):
            if packet.is_keyframe and packet.pts not in known and packet.dts not in known:
                return None
            scan.add(packet, limits)
        tail = with_times(scan.columns())
        rules = _rules(container, stream)
        if not has_time(tail).all() or not len(tail.pts) or _restarts(tail, rules):
            return None
        if np.diff(listed.pts).max(initial=0) > rules.step:
            return None
        unread = _unread(recorder, tail, container.format.name)
        return table_from_header(container, stream, listed, tail=tail, unread_bytes=unread)


def _restarts(packets: Columns, rules: ClockRules) -> bool:
    return len(film_clock(packets, rules).starts) > 1


def _listed_keyframes(
    container: InputContainer, stream: VideoStream, recorder: ErrorRecordingFile
) -> Columns:
    """The keyframes that the container lists."""
    try:
        container.seek(0, stream=stream)  # Matroska reads its cues at the first seek
    except av.FFmpegError:
        recorder.raise_read_error()
        return Columns()
    found = sorted(
        {
            (entry.timestamp, entry.pos, entry.size)
            for entry in stream.index_entries
            if entry.is_keyframe
        }
    )
    table = np.array(found, np.int64).reshape(-1, 3)
    return Columns(
        table[:, 0],
        table[:, 0],
        table[:, 1],
        table[:, 2],
        np.ones(len(table), bool),
        np.zeros(len(table), bool),
    )


def _from_packets(file: IO[bytes], index: int, limits: Limits) -> PacketTable:
    """The table of a film of which every packet is read, in film time."""
    recorder = ErrorRecordingFile(file)
    with open_container(recorder, limits, index) as (container, stream):
        scan = PacketScan.of(packets_of(container, stream, recorder), limits)
        every = scan.columns()
        if not len(every.pts):
            return table_from_header(container, stream)
        timed = _is_timed(every, container.format.name)
        contiguous = int(every.size.sum()) == _size(recorder)
        if contiguous:  # the file holds nothing but the packets
            every = replace(every, position=np.cumsum(every.size) - every.size)
            timed = bool(has_time(every).all())
        rules = _rules(container, stream)
        if timed:
            every = with_times(every.only(has_time(every)))
            clock = film_clock(every, rules)
        else:
            counted = np.arange(len(every.pts)) * rules.frame
            every = replace(every, pts=counted, duration=np.full(len(every.pts), rules.frame))
            clock = FilmClock(counted, (0,))
        if len(clock.starts) > _MOST_RESTARTS:
            raise FilmRefused("the film's clock restarts too often to be followed", EXPORT_AGAIN)
        segments = [
            Segment(int(every.position[row]), int(every.pts[row]), int(clock.pts[row]))
            for row in clock.starts
        ]
        film = replace(every, pts=clock.pts, dts=every.dts if contiguous else every.pts)
        table = table_from_header(
            container,
            stream,
            film if contiguous else film.only(film.keyframe),
            complete=contiguous,
            tail=film,
            timed=timed,
            segments=segments,
        )
        unread = _unread(recorder, every, table.container) + _passed_over(every, table)
        return replace(table, unread_bytes=unread)


def _is_timed(packets: Columns, container: str) -> bool:
    """Whether the times of packets are the film's clock.

    Matroska may have times below 0, which FFmpeg does not give; the first packet shows it.
    """
    known = has_time(packets)
    if container.startswith(MATROSKA) and not known[0]:
        return False
    return float(known.mean()) >= _MOSTLY_TIMED


def _rules(container: InputContainer, stream: VideoStream) -> ClockRules:
    tick = stream.time_base or Fraction(1, av.time_base)
    return ClockRules.of(container.format.name, tick, declared_rate(stream))


def _unread(recorder: ErrorRecordingFile, packets: Columns, container: str) -> int:
    """Bytes after the last packet, if they are too many to be an index or sound; else 0."""
    size, end = _size(recorder), int(packets.position[-1] + packets.size[-1])
    least = max(_UNREAD_SHARE * size, _UNREAD_BYTES)
    if container == "avi" and size - end > least:
        end = end_without_pictures(recorder, end)
    return size - end if size - end > least else 0


def _passed_over(packets: Columns, table: PacketTable) -> int:
    """Bytes between the pictures of an MPEG stream in which there are none for long.

    Recordings of several stations that were joined have their pictures under other numbers.
    """
    if table.container not in MPEG_STREAMS or not table.duration_seconds > 0:
        return 0
    between = np.diff(packets.position) - packets.size[:-1]
    usual = int(packets.size.sum()) / table.duration_seconds
    return int(between[between > max(_PASSED_SECONDS * usual, _UNREAD_BYTES)].sum())


def _size(recorder: ErrorRecordingFile) -> int:
    recorder.seek(0, 2)
    return recorder.tell()
