"""A zip file of pictures in place of a film: each picture is a shot of one second.

What is not in the pictures is nobody's guess: names and captions that come with them are saved as
corrections of people, by whoever imports them.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

import numpy as np

from onmodel.contracts.base import Box
from onmodel.contracts.crops import RejectReason
from onmodel.contracts.films import PICTURES, Chunk, FilmFacts
from onmodel.errors import FilmRefused, ReferenceRefused
from onmodel.films.file_kinds import is_picture_name
from onmodel.films.ignored_names import why_ignored
from onmodel.films.uploaded_picture import read_picture
from onmodel.formats.wording import count, listed
from onmodel.video.sampling.frames import Frame
from onmodel.video.sampling.selection import DroppedFrame
from onmodel.vision.decoding import check_file_size
from onmodel.vision.picture_header import read_header

MOST_PICTURES = 20_000
"""Of one archive: a dataset of 10,000 is the most that a trainer takes."""

PICTURES_OF_A_CHUNK = 60
"""Each is embedded: half a minute with a slow model, far below a function's quarter of an hour."""

HEADER_BYTES = 65_536
"""Bytes in which a picture's header is: a JPEG's comes after EXIF data of at most 64 kB."""

READ_METHODS = frozenset({ZIP_STORED, ZIP_DEFLATED})
"""Ways of packing whose unpacking can be bounded; zipfile unpacks the others as a whole."""

NAMED_FILES = 5
"""Files that a notice names."""

UNREADABLE = (BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError)
"""What zipfile raises for a damaged, encrypted or unknown part; store and network raise others."""


@dataclass(frozen=True)
class PictureArchive:
    """An open archive: its pictures in their order, and the names of its other files."""

    file: ZipFile
    pictures: tuple[ZipInfo, ...]
    others: tuple[str, ...]

    def facts(self, size_bytes: int) -> FilmFacts:
        """As of a film with a picture a second.

        Raises:
            FilmRefused: no picture can be read.
        """
        width, height = self._first_size()
        notices: tuple[str, ...] = ()
        if self.others:
            more = len(self.others) - NAMED_FILES
            shown = [*self.others[:NAMED_FILES], *([f"{more:,} more"] if more > 0 else [])]
            notices = (f"No pictures, and not used: {listed(shown)}.",)
        return FilmFacts(
            container=PICTURES,
            codec=PICTURES,
            width=width,
            height=height,
            duration_seconds=len(self.pictures),
            frames_per_second=1,
            picture=Box(left=0, top=0, width=width, height=height),
            size_bytes=size_bytes,
            notices=notices,
        )

    def chunks(self) -> tuple[Chunk, ...]:
        starts = range(0, len(self.pictures), PICTURES_OF_A_CHUNK)
        return tuple(
            Chunk(
                index=index,
                start_seconds=start,
                end_seconds=min(start + PICTURES_OF_A_CHUNK, len(self.pictures)),
            )
            for index, start in enumerate(starts)
        )

    def frames(self, chunk: Chunk) -> Iterator[Frame | DroppedFrame]:
        """The pictures of a chunk; one that cannot be read is dropped, with its reason."""
        for number in range(round(chunk.start_seconds), round(chunk.end_seconds)):
            info = self.pictures[number]
            try:
                check_file_size(info.file_size)
                pixels = read_picture(self._read(info, info.file_size)).pixels
            except ReferenceRefused as fault:
                grey = np.full((64, 64, 3), 128, np.uint8)
                detail = f"{info.filename}: {fault.reason}"
                yield DroppedFrame(number, RejectReason.UNREADABLE, detail, grey)
                continue
            height, width = pixels.shape[:2]
            whole = Box(left=0, top=0, width=width, height=height)
            yield Frame(number, pixels, sharpness=0, shot=number, picture=whole)

    def _first_size(self) -> tuple[int, int]:
        for info in self.pictures:
            try:
                header = read_header(self._read(info, HEADER_BYTES))
            except ReferenceRefused:
                continue
            if header is not None:
                return header.width, header.height
        raise FilmRefused(
            f"none of {count(len(self.pictures), 'file')} is a picture that can be read",
            "Export them as JPEG, PNG or WebP, without a password on the archive",
        )

    def _read(self, info: ZipInfo, size: int) -> bytes:
        """The first bytes of a file, whatever its packed data expand to."""
        if info.compress_type not in READ_METHODS:
            raise ReferenceRefused(
                "it is packed in a way that is not read", "Make the archive as a usual zip file"
            )
        try:
            with self.file.open(info) as part:
                return part.read(size)  # ZipFile.read would unpack everything first
        except UNREADABLE as fault:
            raise ReferenceRefused(f"its part of the archive is damaged ({fault})") from fault


def open_picture_archive(source: BinaryIO) -> PictureArchive:
    """Read the list of an archive's files.

    Raises:
        FilmRefused: no zip file, damaged, or without pictures, or with too many.
    """
    try:
        file = ZipFile(source)
    except UNREADABLE as fault:
        raise FilmRefused(
            f"the archive of pictures cannot be read ({fault})",
            "Make the archive again and upload it",
        ) from fault
    names = [info for info in file.infolist() if not info.is_dir()]
    pictures = tuple(info for info in names if is_picture_name(info.filename))
    if not pictures:
        raise FilmRefused(
            "the archive holds no picture", "Put JPEG, PNG, WebP or AVIF pictures into it"
        )
    if len(pictures) > MOST_PICTURES:
        raise FilmRefused(
            f"the archive holds {len(pictures):,} pictures, more than {MOST_PICTURES:,}",
            "Make several of it",
        )
    others = tuple(
        PurePosixPath(info.filename).name
        for info in names
        if not is_picture_name(info.filename) and why_ignored(info.filename) is None
    )
    return PictureArchive(file, pictures, others)
