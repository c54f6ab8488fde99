"""What a film is, from its header and a few of its frames."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

import numpy as np

from onmodel.contracts.films import FilmFacts
from onmodel.errors import FilmRefused
from onmodel.video.container.limits import Limits
from onmodel.video.container.opening import GuardedFile, open_film
from onmodel.video.container.packet_index import read_packet_table
from onmodel.video.container.packet_table import PacketTable
from onmodel.video.decode.first_picture import with_first_picture
from onmodel.video.decode.pictures import Display
from onmodel.video.inspection.bars import Luma, find_picture
from onmodel.video.sampling.frames import Frame
from onmodel.video.sampling.sampler import sample_frames

_LOOKS = 9  # frames looked at for bars: odd scenes are outvoted, and keyframes cost 5 ms each
_FEW_LOOKS = 3  # with fewer keyframes than this the beginning is decoded instead
_BEGINNING_SECONDS = 30.0
_UPLOAD_AGAIN = "Check that the file plays, and upload it again"


@dataclass(frozen=True)
class Probed:
    """A film's facts and its packet table."""

    facts: FilmFacts
    packets: PacketTable


def probe_film(source: BinaryIO, *, size_bytes: int, limits: Limits | None = None) -> Probed:
    """Read header and index, check them against the limits, and look at a few frames.

    Args:
        source: a seekable binary file, such as a RangeReader.
        size_bytes: of the file.
        limits: what a film may measure at most.

    Raises:
        FilmRefused: not a film, empty, truncated beyond use, sound only, a codec that cannot
            be decoded, or a size or duration beyond the limits.
    """
    limits = limits or Limits()
    if size_bytes <= 0:
        raise FilmRefused("the file is empty", "Upload it again")
    table = read_packet_table(source, limits)
    _check_size(table, limits)
    with open_film(GuardedFile(source), limits) as (container, stream):
        table = with_first_picture(table, container, stream)
        rate = float(stream.average_rate or stream.guessed_rate or 0)
    _check_time(table, rate, limits)
    display = Display.of_film(table)
    looks = _looks(source, table, limits)
    if not looks:
        raise FilmRefused("not one frame of the film can be decoded", _UPLOAD_AGAIN)
    facts = FilmFacts(
        container=table.container,
        codec=table.codec,
        width=display.width,
        height=display.height,
        duration_seconds=table.duration_seconds,
        frames_per_second=rate,
        rotation_degrees=table.rotation,
        interlaced=table.interlaced,
        has_index=len(table) > 0,
        picture=find_picture(looks, display.width, display.height),
        size_bytes=size_bytes,
    )
    return Probed(facts=facts, packets=table)


def _check_size(table: PacketTable, limits: Limits) -> None:
    width, height = table.width, table.height
    if width <= 0 or height <= 0:
        raise FilmRefused("the film does not say how large its picture is", _UPLOAD_AGAIN)
    if max(width, height) > limits.side or width * height > limits.pixels:
        raise FilmRefused(
            f"the picture is {width} × {height}, more than {limits.pixels:,} pixels"
            f" or {limits.side:,} a side",
            "Scale the film down",
        )


def _check_time(table: PacketTable, rate: float, limits: Limits) -> None:
    if table.duration_seconds > limits.duration_seconds:
        raise FilmRefused(
            f"the film says it lasts {table.duration_seconds / 3600:,.1f} hours,"
            f" more than {limits.duration_seconds / 3600:,.0f}",
            "Cut it into parts",
        )
    if not table.duration_seconds > 0:
        raise FilmRefused("the film does not say how long it lasts", _UPLOAD_AGAIN)
    if not 0 < rate <= limits.frames_per_second:
        raise FilmRefused(
            f"the film says it has {rate:,.0f} frames a second, more than"
            f" {limits.frames_per_second:,.0f} or none",
            _UPLOAD_AGAIN,
        )


def _looks(source: BinaryIO, table: PacketTable, limits: Limits) -> list[Luma]:
    """A few frames spread over the film: keyframes, which cost least."""
    span = table.duration_seconds / _LOOKS
    found: list[Luma] = []
    for number in range(_LOOKS):
        keyframes = sample_frames(
            source,
            start_seconds=number * span,
            end_seconds=(number + 1) * span,
            packets=table,
            keyframes_only=True,
            limits=limits,
            on_lost=lambda _start, _end: None,
        )
        found += [_brightest(frame) for frame in islice(keyframes, 1)]
    if len(found) >= _FEW_LOOKS:
        return found
    beginning = min(table.duration_seconds, _BEGINNING_SECONDS)
    frames = sample_frames(source, beginning / _LOOKS, 0.0, beginning, packets=table, limits=limits)
    return [*found, *(_brightest(frame) for frame in frames)]


def _brightest(frame: Frame) -> Luma:
    """(height, width) uint8, the brightest colour: a dark blue edge is picture, not bar."""
    return np.asarray(frame.pixels.max(axis=2))
