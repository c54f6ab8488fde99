"""Opens films with FFmpeg, and translates its errors to FilmRefused."""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO, Protocol

import av
import av.subtitles.stream  # PyAV imports it while it opens its first film otherwise
from av.container import InputContainer
from av.video.stream import VideoStream

from onmodel.errors import FilmRefused
from onmodel.video.container.limits import Limits
from onmodel.video.container.mp4_boxes import ISO_BMFF

logger = logging.getLogger(__name__)

Source = str | os.PathLike[str] | BinaryIO
"""A path, or a seekable binary file such as a RangeReader."""

_BUFFER = 64 << 10  # bytes per read of FFmpeg; every read is a call into Python
_DISCARD_ALL = 48
_PICTURES_COUNTED = 50  # of one stream, by then others that move have had their second picture
_MP4 = b"ftyp"  # the first box of MP4 and MOV
# The header of an MP4 or MOV is complete. FFmpeg would also decode the first picture to verify it,
# which takes as long as ten later pictures and adds no information.
_HEADER_ONLY = {"skip_frame": "all", "probesize": "10000"}
EXPORT_AGAIN = "Export the film again as MP4 with H.264 and upload that"


class Readable(Protocol):
    """The methods of a file that FFmpeg calls."""

    def read(self, size: int, /) -> bytes: ...
    def seek(self, offset: int, whence: int = 0, /) -> int: ...
    def tell(self) -> int: ...


class ErrorRecordingFile:
    """A file for FFmpeg that records the first exception that a read raised.

    FFmpeg treats a failed read as the end of the file; `raise_read_error` raises the exception.
    """

    def __init__(self, file: Readable) -> None:
        self.file = file
        self.failure: BaseException | None = None

    def read(self, size: int) -> bytes:
        try:
            return self.file.read(size)
        except BaseException as fault:
            self.failure = self.failure or fault
            raise

    def seek(self, offset: int, whence: int = 0) -> int:
        return self.file.seek(offset, whence)

    def tell(self) -> int:
        return self.file.tell()

    def raise_read_error(self) -> None:
        """Raise the exception that a read raised, if one did."""
        if self.failure is not None:
            raise self.failure


@contextmanager
def binary_file(source: Source) -> Iterator[IO[bytes]]:
    """The source as a file. A path is opened, and closed at the end; a file is left open."""
    if isinstance(source, (str, os.PathLike)):
        with Path(source).open("rb") as file:
            yield file
    else:
        yield source


@contextmanager
def open_container(
    recorder: ErrorRecordingFile, limits: Limits, stream_index: int | None = None
) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Open a container, choose its video stream, and discard all other streams.

    Args:
        recorder: the file.
        limits: the largest values allowed.
        stream_index: of the video stream; None chooses the one that moves, is flagged as default,
            and is largest, in this order.

    Raises:
        FilmRefused: not a film, without video, or with a codec that cannot be decoded.
    """
    if stream_index is None:
        with _opened(recorder, limits) as container:
            readable = _readable(container)
            moving = _moving(container, readable) if len(readable) > 1 else frozenset()
            best = max(readable, key=lambda stream: _rank(stream, moving))
            if len(readable) == 1:
                yield container, _only(container, best)
                recorder.raise_read_error()
                return
            stream_index = best.index
    # opened again, because packets were read to choose the stream
    with _opened(recorder, limits) as container:
        chosen = next((each for each in _readable(container) if each.index == stream_index), None)
        if chosen is None:
            raise FilmRefused("the file has no video in it", "Upload the film with its picture")
        yield container, _only(container, chosen)
        recorder.raise_read_error()


@contextmanager
def _opened(recorder: ErrorRecordingFile, limits: Limits) -> Iterator[InputContainer]:
    recorder.seek(0)
    is_mp4 = recorder.read(8)[4:] == _MP4
    recorder.seek(0)
    try:
        container = av.open(
            recorder,
            "r",
            buffer_size=_BUFFER,
            metadata_errors="replace",
            options={
                "max_streams": str(limits.streams),
                "use_mfra_for": "pts",  # fragmented MP4: use its table of fragments
                "max_pixels": str(limits.pixels),
                **(_HEADER_ONLY if is_mp4 else {}),
            },
        )
    except (av.FFmpegError, ValueError) as fault:
        recorder.raise_read_error()
        logger.info("the file cannot be opened: %s", fault)
        raise FilmRefused(
            "this is not a film that can be read",
            "Check that the file plays, or export it again as MP4 with H.264",
        ) from fault
    try:
        recorder.raise_read_error()
        yield container
    finally:
        container.close()


def _readable(container: InputContainer) -> list[VideoStream]:
    """The video streams that can be decoded and are not marked as a cover picture."""
    pictures = [
        stream
        for stream in container.streams.video
        if not stream.disposition & av.stream.Disposition.attached_pic
    ]
    if not pictures:
        has_sound = bool(container.streams.audio)
        raise FilmRefused(
            "the file has sound but no picture" if has_sound else "the file has no video in it",
            "Upload the film with its picture",
        )
    readable = [stream for stream in pictures if _decoder(stream) is not None]
    if not readable:
        raise FilmRefused("the film's codec cannot be decoded", EXPORT_AGAIN)
    return readable


def _moving(container: InputContainer, streams: list[VideoStream]) -> frozenset[int]:
    """Which streams have more than one picture: a poster may be an ordinary video stream."""
    pictures = {stream.index: len(stream.index_entries) for stream in streams}
    if ISO_BMFF not in container.format.name or not any(pictures.values()):
        pictures = Counter()
        try:
            for packet in container.demux(streams):
                pictures[packet.stream_index] += packet.size > 0
                if pictures[packet.stream_index] >= _PICTURES_COUNTED:
                    break
        except av.FFmpegError as fault:
            logger.info("the first pictures cannot be counted: %s", fault)
    return frozenset(index for index, count in pictures.items() if count > 1)


def _rank(stream: VideoStream, moving: frozenset[int]) -> tuple[bool, bool, int]:
    is_default = bool(stream.disposition & av.stream.Disposition.default)
    return stream.index in moving, is_default, stream.width * stream.height


def _only(container: InputContainer, chosen: VideoStream) -> VideoStream:
    """The chosen stream, after all others were discarded."""
    for stream in container.streams:
        if stream.index != chosen.index:
            stream.discard = _DISCARD_ALL  # type: ignore[assignment]
    return chosen


def _decoder(stream: VideoStream) -> str | None:
    """The decoder's name, or None: PyAV gives a stream without a decoder no codec context."""
    context: Any = stream.codec_context
    return None if context is None or context.codec is None else str(context.codec.name)
