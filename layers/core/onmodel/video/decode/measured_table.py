"""Completes a packet table with what decoded pictures show: shape, rotation and keyframes."""

from __future__ import annotations

from dataclasses import replace
from typing import IO

from onmodel.errors import FilmRefused
from onmodel.video.container.joined_files import file_span
from onmodel.video.container.joined_table import with_parts
from onmodel.video.container.limits import Limits
from onmodel.video.container.opening import ErrorRecordingFile, open_container
from onmodel.video.container.packet_table import FilmPart, PacketTable
from onmodel.video.decode.first_picture import with_first_picture
from onmodel.video.decode.keyframes import with_measured_keyframes


def with_pictures(file: IO[bytes], table: PacketTable, limits: Limits) -> PacketTable:
    """The table with the shape of the first picture and the real keyframes.

    Of films that were joined, each part has its own. A part whose pictures cannot be decoded stays
    as its header says; its seconds are reported as lost when they are sampled.

    Args:
        file: the film.
        table: as `read_packet_table` reads it.
        limits: the largest values that the film may have.

    Raises:
        FilmRefused: no picture can be decoded.
    """
    if not table.parts:
        with open_container(ErrorRecordingFile(file), limits, table.stream_index) as found:
            table = with_first_picture(table, *found)
        return with_measured_keyframes(file, table, limits)
    parts, refusal = list[FilmPart](), None
    for part in table.parts:
        try:
            span = file_span(file, part.start, part.end)
            parts.append(replace(part, table=with_pictures(span, part.table, limits)))
        except FilmRefused as fault:
            parts.append(part)
            refusal = refusal or fault
    shown = next((now for old, now in zip(table.parts, parts, strict=True) if old is not now), None)
    if shown is None and refusal is not None:
        raise refusal
    first = parts[0].table if shown is None else shown.table
    return replace(
        with_parts(table, tuple(parts)),
        width=first.width,
        height=first.height,
        rotation=first.rotation,
        interlaced=first.interlaced,
        sample_aspect=first.sample_aspect,
        coded_aspect=first.coded_aspect,
    )
