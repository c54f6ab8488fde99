"""Reads the packet table from a container's index, without reading the packets."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import IO

import av
import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream

from onmodel.errors import FilmRefused
from onmodel.video.container.limits import Limits
from onmodel.video.container.mp4_boxes import ISO_BMFF
from onmodel.video.container.opening import ErrorRecordingFile, open_container, origin_ticks
from onmodel.video.container.packet_table import Flags, PacketTable, Ticks
from onmodel.video.container.zeroed_media import ZeroedMediaFile

_KEYFRAMES_LISTED = ("matroska", "avi")  # others only list the keyframes that they have read so far
# codecs whose decoders need nothing of the container but extradata, size and tag
_CONTAINER_INDEPENDENT = frozenset(
    {"h264", "hevc", "vp8", "vp9", "av1", "mpeg4", "prores", "mjpeg", "dnxhd", "mpeg2video"}
)

_ALPHA_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}  # WebM has alpha beside the packets' data


@dataclass(frozen=True)
class Columns:
    """The rows of a packet table, column by column."""

    pts: Ticks = field(default_factory=lambda: np.zeros(0, np.int64))
    dts: Ticks = field(default_factory=lambda: np.zeros(0, np.int64))
    position: Ticks = field(default_factory=lambda: np.zeros(0, np.int64))
    size: Ticks = field(default_factory=lambda: np.zeros(0, np.int64))
    keyframe: Flags = field(default_factory=lambda: np.zeros(0, bool))
    discard: Flags = field(default_factory=lambda: np.zeros(0, bool))


def read_packet_table(file: IO[bytes], limits: Limits) -> PacketTable:
    """Read a film's packet table: complete for MP4 and MOV, keyframes only for others.

    Raises:
        FilmRefused: as `open_container`, or the index is larger than the limits.
    """
    zeroed = ZeroedMediaFile(file, limits.header_bytes)
    recorder = ErrorRecordingFile(zeroed)
    with open_container(recorder, limits) as (container, stream):
        if len(stream.index_entries) > limits.packets:
            raise FilmRefused(
                f"the film lists {len(stream.index_entries):,} frames, more than"
                f" {limits.packets:,}",
                "Cut it into parts",
            )
        if ISO_BMFF not in container.format.name:
            return table_from_header(
                container, stream, _listed_keyframes(container, stream, recorder)
            )
        zeroed.media_is_zeroed = True
        every = _every_packet(container, stream, limits)
        recorder.raise_read_error()
        listed = len(stream.index_entries)
        if not len(every.pts) or len(every.pts) != listed or not every.keyframe.any():
            return table_from_header(container, stream, Columns())
        if _canonical(stream) in _CONTAINER_INDEPENDENT:
            return table_from_header(container, stream, every, complete=True)
        return table_from_header(container, stream, _only_keyframes(every))


def _every_packet(container: InputContainer, stream: VideoStream, limits: Limits) -> Columns:
    rows = []
    try:
        for packet in container.demux(stream):
            if packet.size and packet.pts is not None and packet.dts is not None:
                rows.append((packet.pts, packet.dts, packet.pos, packet.size, packet.is_discard))
            if len(rows) > limits.packets:
                return Columns()
    except av.FFmpegError:
        return Columns()
    # the demultiplexer looks for keyframes in the packets, which are zeros: use the index
    keyframes = {entry.pos for entry in stream.index_entries if entry.is_keyframe}
    table = np.array(rows, np.int64).reshape(-1, 5)
    return Columns(
        pts=table[:, 0],
        dts=table[:, 1],
        position=table[:, 2],
        size=table[:, 3],
        discard=table[:, 4].astype(bool),
        keyframe=np.array([row[2] in keyframes for row in rows], bool),
    )


def _only_keyframes(every: Columns) -> Columns:
    rows = every.keyframe
    return Columns(
        every.pts[rows],
        every.dts[rows],
        every.position[rows],
        every.size[rows],
        every.keyframe[rows],
        every.discard[rows],
    )


def _listed_keyframes(
    container: InputContainer, stream: VideoStream, recorder: ErrorRecordingFile
) -> Columns:
    """The keyframes that the container lists; empty for containers without a complete list."""
    if not container.format.name.startswith(_KEYFRAMES_LISTED):
        return Columns()
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


def _canonical(stream: VideoStream) -> str:
    return str(stream.codec_context.codec.canonical_name)


def table_from_header(
    container: InputContainer,
    stream: VideoStream,
    columns: Columns | None = None,
    *,
    complete: bool = False,
) -> PacketTable:
    """A table of what the header says of the stream, with the given rows."""
    context, columns = stream.codec_context, columns or Columns()
    return PacketTable(
        container=container.format.name,
        codec=_canonical(stream),
        decoder=_decoder(stream),
        time_base=stream.time_base or Fraction(1, av.time_base),
        width=context.width,
        height=context.height,
        pts=columns.pts,
        dts=columns.dts,
        position=columns.position,
        size=columns.size,
        keyframe=columns.keyframe,
        discard=columns.discard,
        origin=origin_ticks(container, stream),
        complete=complete,
        extradata=context.extradata or b"",
        codec_tag=_tag(stream),
        stream_index=stream.index,
        colours=(
            int(context.colorspace),
            int(context.color_range),
            int(context.color_primaries),
            int(context.color_trc),
        ),
        sample_aspect=stream.sample_aspect_ratio or Fraction(1),
        duration_seconds=_duration(container, stream, columns),
    )


def _decoder(stream: VideoStream) -> str:
    """The decoder that reads all of the stream: FFmpeg's own for VP8 and VP9 ignore alpha."""
    own = str(stream.codec_context.codec.name)
    return _ALPHA_DECODERS.get(own, own) if stream.metadata.get("alpha_mode") == "1" else own


def _tag(stream: VideoStream) -> str:
    """The container's code of four characters for the codec; empty if it is not of that form."""
    tag = str(stream.codec_context.codec_tag)
    return tag if len(tag) == 4 and tag.isascii() and tag.isprintable() else ""


def _duration(container: InputContainer, stream: VideoStream, columns: Columns) -> float:
    """Film seconds at which the last shown picture ends."""
    tick = float(stream.time_base or Fraction(1, av.time_base))
    shown = columns.pts[~columns.discard]
    if len(shown) > 1 and ISO_BMFF in container.format.name:
        ordered = np.sort(shown)
        gaps = np.diff(ordered)
        middle = len(gaps) // 2  # np.median would import numpy.ma first
        return float(ordered[-1] + np.partition(gaps, middle)[middle]) * tick
    if stream.duration and stream.duration > 0:
        return float(stream.duration) * tick
    return float(container.duration or 0) / float(av.time_base)
