"""Opens films with FFmpeg, and translates its errors to FilmRefused."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO, Protocol, cast

import av
import av.subtitles.stream  # PyAV imports it while it opens its first film otherwise
from av.container import InputContainer
from av.video.stream import VideoStream

from onmodel.errors import FilmRefused
from onmodel.video.container.joined_files import file_span
from onmodel.video.container.limits import Limits
from onmodel.video.container.mp4_boxes import lacks_index, readable_end
from onmodel.video.container.tracks import best_track, readable_tracks

logger = logging.getLogger(__name__)

Source = str | os.PathLike[str] | BinaryIO
"""A path, or a seekable binary file such as a RangeReader."""

_BUFFER = 64 << 10  # bytes per read of FFmpeg; every read is a call into Python
_DISCARD_ALL = 48
_MP4 = b"ftyp"  # the first box of MP4 and MOV
_FIRST_BOXES = (_MP4, b"wide", b"mdat", b"skip", b"free", b"moov")  # older ones of MOV have none
_UNREADABLE = (
    "this is not a film that can be read",
    "Check that the file plays, or export it again as MP4 with H.264",
)
# The header of an MP4 or MOV is complete. FFmpeg would also decode the first picture to verify it,
# which takes as long as ten later pictures and adds no information.
_HEADER_ONLY = {"skip_frame": "all", "probesize": "10000"}


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
        with opened(recorder, limits) as container:
            best = best_track(container)
            if len(readable_tracks(container)) == 1:
                yield container, _only(container, best)
                recorder.raise_read_error()
                return
            stream_index = best.index
    # opened again, because packets were read to choose the stream
    with opened(recorder, limits) as container:
        tracks = readable_tracks(container)
        chosen = next((each for each in tracks if each.index == stream_index), None)
        if chosen is None:
            raise FilmRefused("the file has no video in it", "Upload the film with its picture")
        yield container, _only(container, chosen)
        recorder.raise_read_error()


@contextmanager
def opened(
    recorder: ErrorRecordingFile, limits: Limits, *, edit_list: bool = True
) -> Iterator[InputContainer]:
    """Open a container with all of its streams.

    Args:
        recorder: the file.
        limits: the largest values allowed.
        edit_list: follow the edit list of an MP4 or MOV, which says what of it is shown.

    Raises:
        FilmRefused: not a film that can be read.
    """
    container = _opened(recorder, limits, edit_list=edit_list)
    try:
        recorder.raise_read_error()
        yield container
    finally:
        container.close()


def _opened(recorder: ErrorRecordingFile, limits: Limits, *, edit_list: bool) -> InputContainer:
    recorder.seek(0)
    first_box = recorder.read(8)[4:]
    try:
        container = _open(recorder, limits, is_mp4=first_box == _MP4, edit_list=edit_list)
        if container.streams or first_box not in _FIRST_BOXES:
            return container
        container.close()
        return _without_incomplete_box(recorder, limits)
    except (av.FFmpegError, ValueError) as fault:
        recorder.raise_read_error()
        logger.info("the file cannot be opened: %s", fault)
        if first_box in _FIRST_BOXES:
            return _without_incomplete_box(recorder, limits)
        raise FilmRefused(*_UNREADABLE) from fault


def _open(
    file: Readable, limits: Limits, *, is_mp4: bool, edit_list: bool = True
) -> InputContainer:
    file.seek(0)
    return av.open(
        file,
        "r",
        buffer_size=_BUFFER,
        metadata_errors="replace",
        options={
            "max_streams": str(limits.streams),
            "use_mfra_for": "pts",  # fragmented MP4: use its table of fragments
            "max_pixels": str(limits.pixels),
            **(_HEADER_ONLY if is_mp4 else {}),
            **({} if edit_list else {"ignore_editlist": "1"}),
        },
    )


def _without_incomplete_box(recorder: ErrorRecordingFile, limits: Limits) -> InputContainer:
    """An MP4 or MOV whose last box is incomplete: FFmpeg opens none if that describes pictures."""
    file = cast("IO[bytes]", recorder)
    if lacks_index(file):
        raise FilmRefused(
            "the film is cut off: the index that its format has at the end is missing",
            "Upload it again; if a camera stopped while it recorded, let the camera or its maker's"
            " program repair the film first",
        )
    end = readable_end(file)
    if not 0 < end < recorder.seek(0, 2):
        raise FilmRefused(*_UNREADABLE)
    try:
        return _open(file_span(file, 0, end), limits, is_mp4=True)
    except (av.FFmpegError, ValueError) as fault:
        recorder.raise_read_error()
        raise FilmRefused(*_UNREADABLE) from fault


def _only(container: InputContainer, chosen: VideoStream) -> VideoStream:
    """The chosen stream, after all others were discarded."""
    for stream in container.streams:
        if stream.index != chosen.index:
            stream.discard = _DISCARD_ALL  # type: ignore[assignment]
    return chosen
