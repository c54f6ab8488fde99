"""The packet table: position and times of every packet, so that workers need no container."""

from __future__ import annotations

import io
import json
from dataclasses import astuple, dataclass, field, fields, replace
from fractions import Fraction
from functools import cached_property
from typing import Any, overload
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from onmodel.errors import FilmRefused

Ticks = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Moments = npt.NDArray[np.float64]
"""Seconds of the film."""

_COLUMNS = ("pts", "dts", "position", "size", "keyframe", "discard")
_TABLE_VERSION = 1
_REORDERED = ("h264", "hevc")  # codecs whose presentation order differs from the decoding order
MPEG_STREAMS = ("mpegts", "mpeg")
"""Containers that can be read from any byte on."""
UNTAGGED = (2, 0, 2, 2)  # AVCOL_SPC_, RANGE_, PRI_ and TRC_UNSPECIFIED


@dataclass(frozen=True, eq=False)
class Columns:
    """What is known of packets, one array per column; as in PacketTable.

    Attributes:
        duration: ticks that the container declares; 0 or no row: none.
    """

    pts: Ticks = field(default_factory=lambda: np.zeros(0, np.int64))
    dts: Ticks = field(default_factory=lambda: np.zeros(0, np.int64))
    position: Ticks = field(default_factory=lambda: np.zeros(0, np.int64))
    size: Ticks = field(default_factory=lambda: np.zeros(0, np.int64))
    keyframe: Flags = field(default_factory=lambda: np.zeros(0, bool))
    discard: Flags = field(default_factory=lambda: np.zeros(0, bool))
    duration: Ticks = field(default_factory=lambda: np.zeros(0, np.int64))

    def only(self, rows: Flags) -> Columns:
        """The packets of some rows."""
        return Columns(**{part.name: getattr(self, part.name)[rows] for part in fields(self)})


@dataclass(frozen=True)
class Segment:
    """Where the container's clock begins or restarts: at the film's first packet, and later ones.

    Attributes:
        position: of the first packet, in bytes.
        clock: its presentation time by the container, in ticks.
        film: its presentation time in ticks of film time.
    """

    position: int
    clock: int
    film: int


@dataclass(frozen=True, eq=False)
class FilmPart:
    """One of several films that were joined end to end, each with a header of its own.

    Attributes:
        start: the first byte of its file; end: the byte after its last.
        scale: ticks of film time in one of its ticks.
        shift: ticks of film time, added to its scaled ticks.
        table: of the part by itself.
    """

    start: int
    end: int
    scale: int
    shift: int
    table: PacketTable

    @overload
    def film_ticks(self, ticks: int) -> int: ...
    @overload
    def film_ticks(self, ticks: Ticks) -> Ticks: ...
    def film_ticks(self, ticks: int | Ticks) -> int | Ticks:
        """Ticks of the part in ticks of film time."""
        return ticks * self.scale + self.shift

    def begin_seconds(self, film: PacketTable) -> float:
        """Film seconds at which the part begins."""
        return film.seconds(self.film_ticks(self.table.origin))


@dataclass(frozen=True, eq=False)
class PacketTable:
    """The packets of a film's video stream, one per row in decoding order, and how to decode them.

    Timestamps are ticks of `time_base`; a film's second 0 is tick `origin`.

    Attributes:
        container: FFmpeg's name of the container format.
        codec: the codec's canonical name (`h264`), and `decoder` the one that reads it.
        complete: every packet is listed with its position, so that packets can be read by byte
            ranges. Otherwise only keyframes are listed, and the packets are read through the
            container.
        width: of the coded picture, before rotation and scaling to square pixels; `height` too.
        rotation: degrees clockwise that make the picture upright: 0, 90, 180 or 270.
        pts: presentation time, dts: decoding time (ticks); position, size: bytes in the file.
        sample_aspect: width of a pixel by its height in the first picture, as the container says.
        coded_aspect: the same as the coded first picture says; None if it does not say.
        colours: the container's tags: matrix, range, primaries, transfer, as FFmpeg numbers them.
        discard: not shown (edit lists), but decoded when other packets refer to it.
        timed: the times are presentation times. Otherwise they only count pictures, and are
            assigned to the pictures in the order in which the decoder outputs them.
        segments: where the container's clock begins and restarts, if every packet was read; then
            `pts` is film time, and `dts` is presentation time on the container's clock if only
            keyframes are listed.
        bits_per_sample, pixel_format: of the stream; some decoders of uncompressed and palette
            pictures need them. 0 and empty if not known.
        duration_seconds: until the last picture ends; measured, and so is `frames_per_second`.
        declared_seconds: the duration that the header declares; 0 for none.
        cut_off: the file ends before its headers say so, or before a packet that they list.
        unread_bytes: of the file, in which no picture was found.
        keyframes_measured: the container flags other packets as keyframes too, which are none.
        parts: of films that were joined end to end; then the rows are the keyframes of all parts.
    """

    container: str
    codec: str
    decoder: str
    time_base: Fraction
    width: int
    height: int
    pts: Ticks
    dts: Ticks
    position: Ticks
    size: Ticks
    keyframe: Flags
    discard: Flags
    origin: int = 0
    complete: bool = False
    extradata: bytes = b""
    codec_tag: str = ""
    stream_index: int = 0
    rotation: int = 0
    sample_aspect: Fraction = field(default=Fraction(1))
    coded_aspect: Fraction | None = None
    interlaced: bool = False
    colours: tuple[int, int, int, int] = UNTAGGED
    duration_seconds: float = 0.0
    frames_per_second: float = 0.0
    timed: bool = True
    segments: tuple[Segment, ...] = ()
    bits_per_sample: int = 0
    pixel_format: str = ""
    declared_seconds: float = 0.0
    unread_bytes: int = 0
    cut_off: bool = False
    keyframes_measured: bool = False
    parts: tuple[FilmPart, ...] = ()

    def __len__(self) -> int:
        return len(self.pts)

    @cached_property
    def _tick_seconds(self) -> float:
        return float(self.time_base)  # converting a Fraction is slow, and this is used often

    @overload
    def seconds(self, ticks: int) -> float: ...
    @overload
    def seconds(self, ticks: Ticks) -> npt.NDArray[np.float64]: ...
    def seconds(self, ticks: int | Ticks) -> float | npt.NDArray[np.float64]:
        """Film seconds of a tick or an array of ticks."""
        times: Any = self._tick_seconds * (ticks - self.origin)
        return times  # type: ignore[no-any-return]

    def ticks(self, seconds: float) -> int:
        """The tick at or just before a film second."""
        return int(seconds / float(self.time_base)) + self.origin

    def only(self, rows: Ticks) -> PacketTable:
        """The table with some of its rows."""
        return replace(self, **{name: getattr(self, name)[rows] for name in _COLUMNS})

    def save(self) -> bytes:
        """The table as a compressed npz file that loads without pickle."""
        head = {
            part.name: _plain(getattr(self, part.name))
            for part in fields(self)
            if part.name not in (*_COLUMNS, "parts")
        }
        head["parts"] = [(part.start, part.end, part.scale, part.shift) for part in self.parts]
        columns: dict[str, Any] = {name: getattr(self, name) for name in _COLUMNS}
        columns["pts"] = self.pts - self.dts  # small numbers compress well
        for name in ("dts", "position"):
            columns[name] = np.diff(getattr(self, name), prepend=np.int64(0))
        for number, part in enumerate(self.parts):
            columns[f"part{number}"] = np.frombuffer(part.table.save(), np.uint8)
        target = io.BytesIO()
        text = json.dumps({"version": _TABLE_VERSION, **head}).encode()
        np.savez_compressed(target, head=np.frombuffer(text, np.uint8), **columns)
        return target.getvalue()

    @classmethod
    def load(cls, body: bytes) -> PacketTable:
        """Load the bytes that `save` returned.

        Raises:
            FilmRefused: the bytes are not a packet table of this version.
        """
        try:
            with np.load(io.BytesIO(body), allow_pickle=False) as stored:
                head = json.loads(bytes(stored["head"]))
                columns = {name: stored[name] for name in _COLUMNS}
                tables = [bytes(stored[f"part{at}"]) for at in range(len(head.get("parts", ())))]
        except (ValueError, KeyError, OSError, EOFError, BadZipFile) as fault:
            raise FilmRefused(
                "the film's packet table cannot be read", "Prepare the film again"
            ) from fault
        if head.pop("version", None) != _TABLE_VERSION:
            raise FilmRefused(
                "the film's packet table is of another version", "Prepare the film again"
            )
        for name in ("dts", "position"):
            columns[name] = np.cumsum(columns[name])
        columns["pts"] = columns["pts"] + columns["dts"]
        for name in ("time_base", "sample_aspect"):
            head[name] = Fraction(head[name])
        coded_aspect = head.get("coded_aspect")
        head["coded_aspect"] = None if coded_aspect is None else Fraction(coded_aspect)
        head["colours"] = tuple(head["colours"])
        head["extradata"] = bytes.fromhex(head["extradata"])
        head["segments"] = tuple(Segment(*numbers) for numbers in head.get("segments", ()))
        head["parts"] = tuple(
            FilmPart(start, end, scale, shift, cls.load(table))
            for (start, end, scale, shift), table in zip(head.get("parts", ()), tables, strict=True)
        )
        head.setdefault("timed", has_times(head["container"], head["codec"]))
        return cls(**head, **columns)


def has_times(container: str, codec: str) -> bool:
    """Whether packets have presentation times: AVI only counts pictures in decoding order."""
    return not (container == "avi" and codec in _REORDERED)


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [astuple(part) if isinstance(part, Segment) else part for part in value]
    if isinstance(value, bytes):
        return value.hex()
    return str(value) if isinstance(value, Fraction) else value
