"""Opening films: the one place where FFmpeg's errors become ours."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import IO, Any, BinaryIO, Protocol

import av
import av.subtitles.stream  # PyAV imports it while it opens its first film otherwise
from av.container import InputContainer
from av.video.stream import VideoStream

from onmodel.errors import FilmRefused
from onmodel.video.container.limits import Limits

Source = str | os.PathLike[str] | BinaryIO
"""A path, or a seekable binary file such as a RangeReader."""

_BUFFER = 64 << 10  # what FFmpeg asks of us at a time; small reads cost a call into Python each
_DISCARD_ALL = 48
_FREE_ORIGIN = frozenset({"mpegts", "mpeg"})  # broadcast clocks start anywhere, 26 h at most
_MP4 = b"ftyp"  # the first box of MP4 and MOV
# Their headers say what a film is: decoding its first picture to make sure, as FFmpeg does, costs
# as much as ten later ones, and reading on would not tell more.
_HEADER_SUFFICES = {"skip_frame": "all", "probesize": "10000"}
EXPORT_AGAIN = "Export the film again as MP4 with H.264 and upload that"


class Readable(Protocol):
    """What FFmpeg asks of a file."""

    def read(self, size: int, /) -> bytes: ...
    def seek(self, offset: int, whence: int = 0, /) -> int: ...
    def tell(self) -> int: ...


class GuardedFile:
    """A file as FFmpeg sees it, which remembers what a read raised.

    FFmpeg takes a failed read for the end of the file; `check` raises the fault itself.
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

    def check(self) -> None:
        """Raise what a read raised."""
        if self.failure is not None:
            raise self.failure


@contextmanager
def binary_file(source: Source) -> Iterator[IO[bytes]]:
    """The source as a file; a path is opened and closed, a file is left open."""
    if isinstance(source, (str, os.PathLike)):
        with Path(source).open("rb") as file:
            yield file
    else:
        yield source


@contextmanager
def open_film(guard: GuardedFile, limits: Limits) -> Iterator[tuple[InputContainer, VideoStream]]:
    """A container and its video stream, all other streams discarded.

    Raises:
        FilmRefused: no film, no video in it, or a codec that cannot be decoded.
    """
    guard.seek(0)
    boxed = guard.read(8)[4:] == _MP4
    guard.seek(0)
    try:
        container = av.open(
            guard,
            "r",
            buffer_size=_BUFFER,
            metadata_errors="replace",
            options={
                "max_streams": str(limits.streams),
                "use_mfra_for": "pts",  # fragmented MP4: its own table of fragments
                "max_pixels": str(limits.pixels),
                **(_HEADER_SUFFICES if boxed else {}),
            },
        )
    except (av.FFmpegError, ValueError) as fault:
        guard.check()
        raise FilmRefused(
            f"this is not a film that can be read ({_words(fault)})",
            "Check that the file plays, or export it again as MP4 with H.264",
        ) from fault
    try:
        guard.check()
        yield container, _video_stream(container)
        guard.check()
    finally:
        container.close()


def _video_stream(container: InputContainer) -> VideoStream:
    """The film's picture: the largest video stream that is no cover picture."""
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
        raise FilmRefused("the film's codec is none that can be decoded", EXPORT_AGAIN)
    chosen = max(readable, key=lambda stream: stream.width * stream.height)
    for stream in container.streams:
        if stream.index != chosen.index:
            stream.discard = _DISCARD_ALL  # type: ignore[assignment]
    return chosen


def _decoder(stream: VideoStream) -> str | None:
    """The decoder's name; PyAV leaves a stream without a decoder without a context."""
    context: Any = stream.codec_context
    return None if context is None or context.codec is None else str(context.codec.name)


def origin_ticks(container: InputContainer, stream: VideoStream) -> int:
    """The tick of the film's second 0: players start broadcast clocks at 0, all others are so."""
    if container.format.name not in _FREE_ORIGIN or container.start_time is None:
        return 0
    start = Fraction(container.start_time, av.time_base)
    return round(start / (stream.time_base or Fraction(1, av.time_base)))


def _words(fault: Exception) -> str:
    text = getattr(fault, "strerror", None) or str(fault)
    return str(text).strip().rstrip(".")
