"""Inspects a film: facts from its header, its index and a few of its frames."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import islice
from typing import IO, BinaryIO

from av.video.frame import VideoFrame

from onmodel.contracts.films import FilmFacts, Shape
from onmodel.errors import FilmRefused
from onmodel.video.bitstream.h264_units import begins_gradual_refresh, length_size
from onmodel.video.bitstream.hevc_units import (
    has_higher_layer,
    is_dolby_vision_alone,
    unit_length_size,
)
from onmodel.video.container.dolby_vision import needs_dolby_vision
from onmodel.video.container.edit_list import hides_every_picture
from onmodel.video.container.encryption import is_encrypted
from onmodel.video.container.joined_files import file_span
from onmodel.video.container.limits import Limits
from onmodel.video.container.opening import ErrorRecordingFile, open_container, opened
from onmodel.video.container.packet_index import read_packet_table
from onmodel.video.container.packet_scan import packets_of
from onmodel.video.container.packet_table import PacketTable
from onmodel.video.container.tracks import unread_tracks
from onmodel.video.decode.colours import colour_notices
from onmodel.video.decode.first_picture import first_picture
from onmodel.video.decode.measured_table import with_pictures
from onmodel.video.decode.pictures import Display
from onmodel.video.inspection.bars import Luma, find_picture
from onmodel.video.sampling.frames import Frame
from onmodel.video.sampling.sampler import sample_frames
from onmodel.video.sampling.shot_bars import brightest_colour

_BAR_SAMPLES = 9  # frames searched for bars; a keyframe takes 5 ms
_LEAST_BAR_SAMPLES = 3  # of a shape; with fewer, more frames near its first are decoded
_MORE_SECONDS = 30.0  # span of these further frames
_MISSING_SECONDS, _MISSING_SHARE = 2.0, 0.02  # sound may end later than the picture by this
_SEARCHED_PACKETS = 3000  # for a second keyframe
_GRADUAL_REFRESH = (
    "The film renews its pictures bit by bit (intra refresh) instead of by keyframes, so most of"
    " them cannot be decoded by themselves. Export it again with a keyframe every few seconds."
)
_ROUNDED = 0.1  # seconds: less is the same number in words
_UPLOAD_AGAIN = "Check that the file plays, and upload it again"


@dataclass(frozen=True)
class InspectedFilm:
    """A film's facts and its packet table."""

    facts: FilmFacts
    packets: PacketTable


def inspect_film(
    source: BinaryIO, *, size_bytes: int, limits: Limits | None = None
) -> InspectedFilm:
    """Read header and index, check them against the limits, and search a few frames for bars.

    Args:
        source: a seekable binary file, such as a RangeReader.
        size_bytes: of the file.
        limits: the largest values allowed.

    Raises:
        FilmRefused: the file is empty, not a film, has no picture that can be decoded, or exceeds
            a limit.
    """
    limits = limits or Limits()
    if size_bytes <= 0:
        raise FilmRefused("the file is empty", "Upload it again")
    table = read_packet_table(source, limits)
    if is_encrypted(source, table.container):
        raise FilmRefused(
            "the film is encrypted (copy protection), so its pictures cannot be read",
            "Upload a copy without copy protection",
        )
    if hides_every_picture(source, table, limits):
        raise FilmRefused(
            "the film's edit list hides every picture of it",
            "Export it again in the program that cut it, and upload that",
        )
    _check_size(table, limits)
    first_units = _first_units(source, table, limits)
    if needs_dolby_vision(source, table.codec_tag) or is_dolby_vision_alone(*first_units):
        raise FilmRefused(
            "the film is in Dolby Vision without a picture that other players can show (profile 5)",
            "Export it in HDR10, HLG or BT.709 and upload that",
        )
    with open_container(ErrorRecordingFile(source), limits, table.stream_index) as found:
        picture = first_picture(*found)
        tracks = len(found[0].streams.video)
    _check_time(table, limits)
    table = with_pictures(source, table, limits)
    display = Display.of_film(table)
    first = (display.width, display.height)
    samples = _bar_samples(source, table, limits)
    if not samples:
        raise FilmRefused("not one frame of the film can be decoded", _UPLOAD_AGAIN)
    sampled = sum(len(lumas) for lumas in samples.values())
    facts = FilmFacts(
        container=table.container,
        codec=table.codec,
        width=display.width,
        height=display.height,
        duration_seconds=table.duration_seconds,
        frames_per_second=table.frames_per_second,
        rotation_degrees=table.rotation,
        interlaced=table.interlaced,
        has_index=len(table) > 0,
        picture=find_picture(samples.get(first, []), *first),
        size_bytes=size_bytes,
        other_shapes=tuple(
            Shape(width=size[0], height=size[1], picture=find_picture(lumas, *size))
            for size, lumas in samples.items()
            if size != first
        ),
        notices=(
            *_notices(table, size_bytes),
            *(_track_notices(source, table, limits) if tracks > 1 or table.parts else ()),
            *(_refresh_notices(source, table, limits) if sampled < _BAR_SAMPLES else ()),
            *_layer_notices(first_units, picture),
            *colour_notices(picture),
        ),
    )
    return InspectedFilm(facts=facts, packets=table)


def _first_units(source: BinaryIO, table: PacketTable, limits: Limits) -> tuple[bytes, int]:
    """The first packet of an HEVC film, and the size of the lengths before its units."""
    if table.codec != "hevc":
        return b"", 0
    recorder = ErrorRecordingFile(source)
    with open_container(recorder, limits, table.stream_index) as (container, stream):
        first = next(packets_of(container, stream, recorder), None)
        return b"" if first is None else bytes(first), unit_length_size(table.extradata)


def _track_notices(source: BinaryIO, table: PacketTable, limits: Limits) -> tuple[str, ...]:
    """What is not read of a file with several video tracks; of joined films, of each."""
    films: list[tuple[IO[bytes], PacketTable]] = [(source, table)]
    if table.parts:
        films = [(file_span(source, part.start, part.end), part.table) for part in table.parts]
    found = []
    for file, part in films:
        with opened(ErrorRecordingFile(file), limits) as container:
            found.append(unread_tracks(container, part.stream_index))
    return tuple(dict.fromkeys(filter(None, found)))


def _refresh_notices(source: BinaryIO, table: PacketTable, limits: Limits) -> tuple[str, ...]:
    """A notice if the second keyframe of an H.264 film does not hold a whole picture."""
    if table.codec != "h264" or table.parts:
        return ()
    recorder = ErrorRecordingFile(source)
    with open_container(recorder, limits, table.stream_index) as (container, stream):
        packets = islice(packets_of(container, stream, recorder), _SEARCHED_PACKETS)
        second = next(islice((each for each in packets if each.is_keyframe), 1, None), None)
        gradual = second is not None and begins_gradual_refresh(
            bytes(second), length_size(table.extradata)
        )
    return (_GRADUAL_REFRESH,) if gradual else ()


def _layer_notices(units: tuple[bytes, int], picture: VideoFrame) -> tuple[str, ...]:
    if not has_higher_layer(*units) or picture.format.name.startswith("yuva"):
        return ()
    return (
        "The film has a second layer of pictures, its transparency or a second view, which is not"
        " read. If hidden colours show, export it as ProRes 4444 or on a ground of your choice.",
    )


def _check_size(table: PacketTable, limits: Limits) -> None:
    width, height = table.width, table.height
    if width <= 0 or height <= 0:
        raise FilmRefused("the film's header has no picture size", _UPLOAD_AGAIN)
    if max(width, height) > limits.side or width * height > limits.pixels:
        raise FilmRefused(
            f"the picture is {width} × {height}, more than {limits.pixels:,} pixels"
            f" or {limits.side:,} a side",
            "Scale the film down",
        )


def _check_time(table: PacketTable, limits: Limits) -> None:
    rate = table.frames_per_second
    if table.duration_seconds > limits.duration_seconds:
        raise FilmRefused(
            f"the film lasts {table.duration_seconds / 3600:,.1f} hours,"
            f" more than {limits.duration_seconds / 3600:,.0f}",
            "Cut it into parts",
        )
    if not table.duration_seconds > 0:
        raise FilmRefused("the film has no picture with a time", _UPLOAD_AGAIN)
    if not 0 < rate <= limits.frames_per_second:
        raise FilmRefused(
            f"the film has {rate:,.0f} frames a second; allowed are more than 0"
            f" and at most {limits.frames_per_second:,.0f}",
            _UPLOAD_AGAIN,
        )


def _notices(table: PacketTable, size_bytes: int) -> tuple[str, ...]:
    """What of the film is missing, in sentences for people."""
    found = []
    # some headers declare the time at which the clock ends, not how long it runs
    begin = max(table.origin * float(table.time_base), 0.0)
    missing = table.declared_seconds - begin - table.duration_seconds
    if table.cut_off:
        declared = f"its header declares {table.declared_seconds:,.1f} seconds, and "
        found.append(
            f"The file is cut off: {declared if missing > _ROUNDED else ''}pictures are there for"
            f" {table.duration_seconds:,.1f} seconds. Upload the whole film if the rest matters."
        )
    elif missing > max(_MISSING_SECONDS, _MISSING_SHARE * table.declared_seconds):
        found.append(
            f"The film's header declares {table.declared_seconds:,.0f} seconds, but its pictures"
            f" end after {table.duration_seconds:,.0f}. Upload the whole film if the rest matters."
        )
    if table.unread_bytes:
        unread, whole = _size_in_words(table.unread_bytes), _size_in_words(size_bytes)
        found.append(
            f"{unread} of the file's {whole} hold no picture that can be read."
            " If films were joined end to end, upload each part."
        )
    return tuple(found)


def _size_in_words(size: int) -> str:
    return f"{size / 1e6:,.1f} MB" if size >= 1e6 else f"{size / 1e3:,.1f} KB"


def _bar_samples(
    source: BinaryIO, table: PacketTable, limits: Limits
) -> dict[tuple[int, int], list[Luma]]:
    """Luma of a few frames over the whole film, by (width, height) of the display picture.

    Keyframes, because they are fastest to decode; where a shape has too few of them, frames of
    the seconds around its first one as well.
    """
    span = table.duration_seconds / _BAR_SAMPLES
    found: dict[tuple[int, int], list[Luma]] = defaultdict(list)
    starts: dict[tuple[int, int], float] = {}
    for number in range(_BAR_SAMPLES):
        keyframes = sample_frames(
            source,
            start_seconds=number * span,
            end_seconds=(number + 1) * span,
            packets=table,
            keyframes_only=True,
            limits=limits,
            on_lost=lambda _start, _end: None,
        )
        for frame in islice(keyframes, 1):
            _add(found, frame)
            starts.setdefault(_size(frame), number * span)
    sparse = [starts[size] for size, lumas in found.items() if len(lumas) < _LEAST_BAR_SAMPLES]
    for start in sorted({*sparse}) if found else [0.0]:
        end = min(table.duration_seconds, start + _MORE_SECONDS)
        step = (end - start) / _BAR_SAMPLES
        for frame in sample_frames(source, step, start, end, packets=table, limits=limits):
            _add(found, frame)
    return found


def _add(found: dict[tuple[int, int], list[Luma]], frame: Frame) -> None:
    if len(found[_size(frame)]) < _BAR_SAMPLES:
        found[_size(frame)].append(brightest_colour(frame.pixels))


def _size(frame: Frame) -> tuple[int, int]:
    return frame.pixels.shape[1], frame.pixels.shape[0]
