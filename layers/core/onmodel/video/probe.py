"""What a film is, from its header and a few of its frames."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import IO, BinaryIO

import numpy as np

from onmodel.contracts.base import Box
from onmodel.contracts.film import FilmFacts
from onmodel.errors import FilmRefused
from onmodel.video.bars import find_picture
from onmodel.video.containers import GuardedFile, open_film
from onmodel.video.frames import Frame
from onmodel.video.index import read_packet_table
from onmodel.video.limits import Limits
from onmodel.video.packets import PacketTable
from onmodel.video.pictures import Display
from onmodel.video.sampling import sample_frames

_LOOKS = 9  # frames looked at for bars: odd scenes are outvoted, and 9 keyframes decode in 0.2 s
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
    table, rate = _measured(source, table, limits)
    _check(table, rate, limits)
    display = Display.of(table.width, table.height, table.sample_aspect, table.rotation)
    frames = list(_looks(source, table, limits))
    if not frames:
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
        picture=_picture(frames, display),
        size_bytes=size_bytes,
    )
    return Probed(facts=facts, packets=table)


def _measured(source: IO[bytes], table: PacketTable, limits: Limits) -> tuple[PacketTable, float]:
    """The table with what only a decoded frame tells (rotation, fields), and the frame rate."""
    with open_film(GuardedFile(source), limits) as (container, stream):
        rate = float(stream.average_rate or stream.guessed_rate or 0)
        frame = next(container.decode(stream), None)
        if frame is not None:
            table = replace(
                table, rotation=-frame.rotation % 360, interlaced=frame.interlaced_frame
            )
    return table, rate


def _check(table: PacketTable, rate: float, limits: Limits) -> None:
    width, height = table.width, table.height
    if width <= 0 or height <= 0:
        raise FilmRefused("the film does not say how large its picture is", _UPLOAD_AGAIN)
    if max(width, height) > limits.side or width * height > limits.pixels:
        raise FilmRefused(
            f"the picture is {width} × {height}, more than {limits.pixels:,} pixels"
            f" or {limits.side:,} a side",
            "Scale the film down",
        )
    if table.duration_seconds > limits.duration_seconds:
        raise FilmRefused(
            f"the film says it lasts {table.duration_seconds / 3600:,.0f} hours,"
            f" more than {limits.duration_seconds / 3600:,.0f}",
            "Cut it into parts",
        )
    if not table.duration_seconds > 0 or not 0 < rate <= 1000:
        raise FilmRefused("the film does not say how long it lasts or how fast", _UPLOAD_AGAIN)


def _looks(source: BinaryIO, table: PacketTable, limits: Limits) -> list[Frame]:
    """A few frames spread over the film, the cheapest that there are."""
    span = table.duration_seconds / _LOOKS
    found = []
    for number in range(_LOOKS):
        middle = (number + 0.5) * span
        window = min(span, 2.0)
        frame = next(
            iter(
                sample_frames(source, window, middle, middle + window, packets=table, limits=limits)
            ),
            None,
        )
        if frame is not None:
            found.append(frame)
    return found


def _picture(frames: list[Frame], display: Display) -> Box:
    lumas = [np.max(frame.pixels, axis=2) for frame in frames]
    return find_picture(lumas, display.width, display.height)
