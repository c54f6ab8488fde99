"""Reading the packet table from a container's index, without the packets' bytes."""

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
from onmodel.video.container.mp4_boxes import BOXED
from onmodel.video.container.opening import GuardedFile, open_film, origin_ticks
from onmodel.video.container.packet_table import Flags, PacketTable, Ticks
from onmodel.video.container.zeroed_media import HollowFile

_KEYFRAMES_LISTED = ("matroska", "avi")  # others list what they have passed by, which misleads
# decoders that need of the container nothing but extradata, size and tag
_DETACHED = frozenset(
    {"h264", "hevc", "vp8", "vp9", "av1", "mpeg4", "prores", "mjpeg", "dnxhd", "mpeg2video"}
)


@dataclass(frozen=True)
class Columns:
    """The rows of a packet table that is being read."""

    pts: Ticks = field(default_factory=lambda: np.zeros(0, np.int64))
    dts: Ticks = field(default_factory=lambda: np.zeros(0, np.int64))
    position: Ticks = field(default_factory=lambda: np.zeros(0, np.int64))
    size: Ticks = field(default_factory=lambda: np.zeros(0, np.int64))
    keyframe: Flags = field(default_factory=lambda: np.zeros(0, bool))
    discard: Flags = field(default_factory=lambda: np.zeros(0, bool))


def read_packet_table(file: IO[bytes], limits: Limits) -> PacketTable:
    """Read a film's packet table: complete for MP4 and MOV, keyframes only for others.

    Raises:
        FilmRefused: as `open_film`, or the index is larger than the limits.
    """
    hollow = HollowFile(file, limits.header_bytes)
    guard = GuardedFile(hollow)
    with open_film(guard, limits) as (container, stream):
        if len(stream.index_entries) > limits.packets:
            raise FilmRefused(
                f"the film lists {len(stream.index_entries):,} frames, more than"
                f" {limits.packets:,}",
                "Cut it into parts",
            )
        if BOXED not in container.format.name:
            return describe(container, stream, _listed_keyframes(container, stream, guard))
        hollow.hollow = True
        every = _every_packet(container, stream, limits)
        guard.check()
        listed = len(stream.index_entries)
        if not len(every.pts) or len(every.pts) != listed or not every.keyframe.any():
            return describe(container, stream, Columns())
        if _canonical(stream) in _DETACHED:
            return describe(container, stream, every, complete=True)
        return describe(container, stream, _only_keyframes(every))


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
    # the demultiplexer looks for keyframes in the packets, which are hollow: ask the index
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
    container: InputContainer, stream: VideoStream, guard: GuardedFile
) -> Columns:
    """What the container's own list of keyframes says, if it has a list that can be trusted."""
    if not container.format.name.startswith(_KEYFRAMES_LISTED):
        return Columns()
    try:
        container.seek(0, stream=stream)  # Matroska reads its cues at the first seek
    except av.FFmpegError:
        guard.check()
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


def describe(
    container: InputContainer,
    stream: VideoStream,
    columns: Columns | None = None,
    *,
    complete: bool = False,
) -> PacketTable:
    """A table with what the header says of the stream, and the rows given."""
    context, columns = stream.codec_context, columns or Columns()
    return PacketTable(
        container=container.format.name,
        codec=_canonical(stream),
        decoder=context.codec.name,
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


def _tag(stream: VideoStream) -> str:
    """The container's four characters for the codec, when they are four."""
    tag = str(stream.codec_context.codec_tag)
    return tag if len(tag) == 4 and tag.isascii() and tag.isprintable() else ""


def _duration(container: InputContainer, stream: VideoStream, columns: Columns) -> float:
    """Until the end of the last picture shown, on the film's clock."""
    tick = float(stream.time_base or Fraction(1, av.time_base))
    shown = columns.pts[~columns.discard]
    if len(shown) > 1 and BOXED in container.format.name:
        ordered = np.sort(shown)
        gaps = np.diff(ordered)
        middle = len(gaps) // 2  # np.median would import numpy.ma first
        return float(ordered[-1] + np.partition(gaps, middle)[middle]) * tick
    if stream.duration and stream.duration > 0:
        return float(stream.duration) * tick
    return float(container.duration or 0) / float(av.time_base)
