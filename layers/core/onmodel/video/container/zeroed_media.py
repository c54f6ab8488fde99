"""Reads the index of an MP4 or MOV without reading its media data."""

from __future__ import annotations

from bisect import bisect_right
from typing import IO

from onmodel.errors import FilmRefused
from onmodel.video.container.mp4_boxes import MOST_TOP_BOXES, BoxSpan, begins_fragment, read_box

_BOX_HEADER = 16  # bytes of the longer kind; read from a media data box too


class ZeroedMediaFile:
    """An MP4 or MOV whose media data (mdat boxes) reads as zeros once `media_is_zeroed` is set.

    The demultiplexer then reports the times, position and size of every packet, with edit lists,
    composition offsets and fragments applied, and no media data is fetched.

    Args:
        file: the film.
        limit_bytes: read at most from `file`; more raises FilmRefused.
    """

    def __init__(self, file: IO[bytes], limit_bytes: int) -> None:
        self._file, self._left = file, limit_bytes
        self._position = 0
        self._size = file.seek(0, 2)
        self._boxes = [0]  # starts of the top-level boxes read so far
        self._is_media: list[bool] = []
        self._last = BoxSpan(b"", 0, 0)
        self._is_fragmented = False
        self.media_is_zeroed = False

    def read(self, size: int) -> bytes:
        size = max(0, min(size, self._size - self._position))
        if self.media_is_zeroed:
            media, end = self._box_at(self._position)
            size = min(size, end - self._position)
            if media:
                self._position += size
                return bytes(size)
        self._left -= size
        if self._left < 0:
            raise FilmRefused(
                "the film's header is larger than any film needs", "Export the film again"
            )
        self._file.seek(self._position)
        body = self._file.read(size)
        self._position += len(body)
        return body

    def seek(self, offset: int, whence: int = 0) -> int:
        base = (0, self._position, self._size)[whence]
        self._position = max(0, base + offset)
        return self._position

    def tell(self) -> int:
        return self._position

    def ends_within_fragment(self) -> bool:
        """Whether the file ends after the beginning of a fragment, before its pictures.

        To be asked after the last picture was read.
        """
        while self._boxes[-1] < self._size and len(self._boxes) < MOST_TOP_BOXES:
            self._box_at(self._boxes[-1])
        return self._is_fragmented and begins_fragment(self._last)

    def _box_at(self, position: int) -> tuple[bool, int]:
        """Whether a position lies in media data, and where that span ends."""
        while self._boxes[-1] <= position and self._boxes[-1] < self._size:
            box = read_box(self._file, self._boxes[-1], self._size)
            self._is_media.append(box.name == b"mdat")
            self._last = box
            self._is_fragmented |= box.name == b"moof"
            self._boxes.append(box.end)
        number = bisect_right(self._boxes, position) - 1
        if number >= len(self._is_media):
            return False, self._size
        start, end = self._boxes[number], self._boxes[number + 1]
        if self._is_media[number] and position < start + _BOX_HEADER:
            return False, start + _BOX_HEADER  # the header itself is read
        return self._is_media[number], end
