"""Reading the packet table from a container's index, without the packets' bytes."""

from __future__ import annotations

from fractions import Fraction
from typing import IO, Any

import av
import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream

from onmodel.errors import FilmRefused
from onmodel.video.containers import GuardedFile, open_film, origin_ticks
from onmodel.video.limits import Limits
from onmodel.video.packets import PacketTable

_INDEXED = "mov"  # MP4 and MOV list every packet with its place
# decoders that need nothing of the container but their extradata
_DETACHED = frozenset({"h264", "hevc", "vp9", "av1", "vp8", "prores", "mjpeg", "dnxhd"})
_EMPTY = np.zeros(0, np.int64)


class HollowFile:
    """A film whose packets read as zeros once `hollow` is set.

    The demultiplexer then tells every packet's times, place and size, as it alone knows them
    (edit lists, composition offsets), and not one byte of picture is fetched.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._position = 0
        self.hollow = False

    def read(self, size: int) -> bytes:
        if self.hollow:
            self._position += size
            return bytes(size)
        self._file.seek(self._position)
        body = self._file.read(size)
        self._position += len(body)
        return body

    def seek(self, offset: int, whence: int = 0) -> int:
        if whence == 0:
            self._position = offset
        else:
            self._file.seek(self._position)
            self._position = self._file.seek(offset, whence)
        return self._position

    def tell(self) -> int:
        return self._position


def read_packet_table(file: IO[bytes], limits: Limits) -> PacketTable:
    """Read a film's packet table: complete for MP4 and MOV, keyframes only for others.

    Raises:
        FilmRefused: as `open_film`, or too many packets.
    """
    hollow = HollowFile(file)
    guard = GuardedFile(hollow)  # type: ignore[arg-type]
    with open_film(guard, limits) as (container, stream):
        listed = stream.index_entries
        if len(listed) > limits.packets:
            raise FilmRefused(
                f"the film lists {len(listed):,} frames, more than {limits.packets:,}",
                "Cut it into parts",
            )
        columns = _keyframes(container, stream)
        complete = False
        if _INDEXED in container.format.name and len(listed):
            hollow.hollow = True
            every = _every_packet(container, stream)
            complete = len(every["pts"]) == len(listed) and _canonical(stream) in _DETACHED
            columns = every if complete else columns
        return describe(container, stream, complete=complete, **columns)


def _every_packet(container: InputContainer, stream: VideoStream) -> dict[str, Any]:
    keyframes = {entry.pos for entry in stream.index_entries if entry.is_keyframe}
    rows = []
    for packet in container.demux(stream):
        if packet.size and packet.pts is not None and packet.dts is not None:
            rows.append((packet.pts, packet.dts, packet.pos, packet.size, packet.is_discard))
    table = np.array(rows, np.int64).reshape(-1, 5)
    return {
        "pts": table[:, 0],
        "dts": table[:, 1],
        "position": table[:, 2],
        "size": table[:, 3],
        "discard": table[:, 4].astype(bool),
        "keyframe": np.array([row[2] in keyframes for row in rows], bool),
    }


def _keyframes(container: InputContainer, stream: VideoStream) -> dict[str, Any]:
    """What the container's own list of keyframes says, which may be nothing."""
    try:
        container.seek(0, stream=stream)  # Matroska reads its cues at the first seek
    except av.FFmpegError:
        return {}
    found = [
        (entry.timestamp, entry.pos, entry.size)
        for entry in stream.index_entries
        if entry.is_keyframe
    ]
    table = np.array(sorted(set(found)), np.int64).reshape(-1, 3)
    if len(table) < 2:
        return {}
    return {
        "pts": table[:, 0],
        "dts": table[:, 0],
        "position": table[:, 1],
        "size": table[:, 2],
        "keyframe": np.ones(len(table), bool),
        "discard": np.zeros(len(table), bool),
    }


def _canonical(stream: VideoStream) -> str:
    return str(stream.codec_context.codec.canonical_name)


def describe(
    container: InputContainer,
    stream: VideoStream,
    *,
    complete: bool = False,
    pts: Any = _EMPTY,
    dts: Any = _EMPTY,
    position: Any = _EMPTY,
    size: Any = _EMPTY,
    keyframe: Any = None,
    discard: Any = None,
) -> PacketTable:
    """A table with what the header says of the stream; without rows unless they are given."""
    context = stream.codec_context
    return PacketTable(
        container=container.format.name,
        codec=_canonical(stream),
        decoder=context.codec.name,
        time_base=stream.time_base or Fraction(1, av.time_base),
        width=context.width,
        height=context.height,
        pts=pts,
        dts=dts,
        position=position,
        size=size,
        keyframe=np.zeros(0, bool) if keyframe is None else keyframe,
        discard=np.zeros(0, bool) if discard is None else discard,
        origin=origin_ticks(container, stream),
        complete=complete,
        extradata=context.extradata or b"",
        stream_index=stream.index,
        sample_aspect=stream.sample_aspect_ratio or Fraction(1),
        duration_seconds=_duration(container, stream),
    )


def _duration(container: InputContainer, stream: VideoStream) -> float:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return float(container.duration or 0) / float(av.time_base)
