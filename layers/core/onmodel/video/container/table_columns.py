"""Makes packet tables: the facts of the header, and what was measured on the packets."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import av
import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream

from onmodel.video.container.film_clock import ClockRules, end_of
from onmodel.video.container.mp4_boxes import ISO_BMFF
from onmodel.video.container.packet_table import Columns, PacketTable, Segment, has_times

# codecs whose decoders need nothing of the container but what the table has of the stream
CONTAINER_INDEPENDENT = frozenset({
    "h264", "hevc", "vp8", "vp9", "av1", "mpeg4", "prores", "mjpeg", "dnxhd", "mpeg2video",
    "mpeg1video",
})  # fmt: skip
_ALPHA_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}  # WebM has alpha beside the packets' data
_DECLARES_DURATION = (ISO_BMFF, "matroska", "flv", "asf", "avi", "mxf")
_FASTEST = 1000.0  # frames a second; a higher declaration is a time base, not a rate
_USUAL_RATE = 25.0  # FFmpeg's for streams that declare none
_AGREES = 0.01  # a declared rate that differs by less is more exact than the measured one
_SOUND_LEADS_SECONDS = 10.0  # at most; otherwise sound and picture have different clocks


def table_from_header(
    container: InputContainer,
    stream: VideoStream,
    columns: Columns | None = None,
    *,
    complete: bool = False,
    tail: Columns | None = None,
    timed: bool | None = None,
    segments: Iterable[Segment] = (),
    unread_bytes: int = 0,
) -> PacketTable:
    """A table of what the header says of the stream, with the given rows.

    Args:
        container: the film.
        stream: its video stream.
        columns: the rows; none if the packets are not known.
        complete: the rows are all packets.
        tail: the packets on which length and rate are measured; None: the rows.
        timed: as in PacketTable; None: by the container.
        segments: as in PacketTable.
        unread_bytes: as in PacketTable.
    """
    context, columns = stream.codec_context, columns or Columns()
    codec, time_base = canonical_codec(stream), stream.time_base or Fraction(1, av.time_base)
    segments = tuple(segments)
    origin = _origin(container, stream, columns, restarts=len(segments) > 1)
    end, rate = _end_and_rate(container, stream, columns if tail is None else tail)
    declared = _declared_seconds(container, stream)
    return PacketTable(
        container=container.format.name,
        codec=codec,
        decoder=_decoder(stream),
        time_base=time_base,
        width=context.width,
        height=context.height,
        pts=columns.pts,
        dts=columns.dts,
        position=columns.position,
        size=columns.size,
        keyframe=columns.keyframe,
        discard=columns.discard,
        origin=origin,
        complete=complete,
        extradata=context.extradata or b"",
        codec_tag=_tag(stream),
        stream_index=stream.index,
        colours=(
            int(context.colorspace),
            int(context.color_range),
            int(context.color_primaries),
            int(context.color_trc),
        ),
        sample_aspect=stream.sample_aspect_ratio or Fraction(1),
        duration_seconds=declared if end is None else float((end - origin) * time_base),
        frames_per_second=rate,
        timed=has_times(container.format.name, codec) if timed is None else timed,
        segments=segments,
        bits_per_sample=context.bits_per_coded_sample,
        pixel_format=context.pix_fmt or "",
        declared_seconds=declared,
        unread_bytes=unread_bytes,
    )


def canonical_codec(stream: VideoStream) -> str:
    """FFmpeg's name of the codec, whichever decoder reads it."""
    return str(stream.codec_context.codec.canonical_name)


def declared_rate(stream: VideoStream) -> float:
    """Frames a second by the codec's own header, else by the container's; 25 if none says it."""
    rates = (stream.codec_context.framerate, stream.guessed_rate, stream.average_rate)
    plausible = (float(rate) for rate in rates if rate and 0 < rate <= _FASTEST)
    return next(plausible, _USUAL_RATE)


def _origin(
    container: InputContainer, stream: VideoStream, columns: Columns, *, restarts: bool
) -> int:
    """The tick of film second 0: the first timestamp of sound or picture.

    A picture that begins much later has another clock than the sound: then its first timestamp.
    Where the clock restarts, the first timestamp of the sound may be that of a later part.
    """
    tick = stream.time_base or Fraction(1, av.time_base)
    shown = columns.pts[~columns.discard]
    first = int(shown.min()) if len(shown) else stream.start_time
    start = container.start_time
    begin = first if start is None else round(Fraction(start, av.time_base) / tick)
    if first is None or begin is None:
        return begin or 0
    if restarts or not container.streams.audio:
        return first
    if begin < 0 <= first:
        return 0  # sound that begins early, to prepare its decoder
    rules = ClockRules.of(container.format.name, tick, _USUAL_RATE)
    lead = rules.between(begin, first)
    return first - lead if 0 <= lead * tick <= _SOUND_LEADS_SECONDS else first


def _end_and_rate(
    container: InputContainer, stream: VideoStream, columns: Columns
) -> tuple[int | None, float]:
    """The tick at which the last shown picture ends, None if not known; and frames a second."""
    declared = declared_rate(stream)
    tick = stream.time_base or Fraction(1, av.time_base)
    shown = columns.pts[~columns.discard]
    if not len(shown) or not len(columns.duration):
        return None, declared
    rules = ClockRules.of(container.format.name, tick, declared)
    end = end_of(shown, columns.duration[~columns.discard], rules)
    measured = len(np.unique(shown)) / float((end - int(shown.min())) * tick)
    return end, declared if abs(declared - measured) <= _AGREES * measured else measured


def _declared_seconds(container: InputContainer, stream: VideoStream) -> float:
    """The duration that the header declares; of other containers FFmpeg only estimates one."""
    if container.format.name == "avi" and stream.average_rate:
        return float(stream.frames / stream.average_rate)  # its duration is estimated from the size
    if not any(name in container.format.name for name in _DECLARES_DURATION):
        return 0.0
    if stream.duration and stream.duration > 0:
        return float(stream.duration * (stream.time_base or Fraction(1, av.time_base)))
    return float(container.duration or 0) / float(av.time_base)


def _decoder(stream: VideoStream) -> str:
    """The decoder that reads all of the stream: FFmpeg's own for VP8 and VP9 ignore alpha."""
    own = str(stream.codec_context.codec.name)
    return _ALPHA_DECODERS.get(own, own) if stream.metadata.get("alpha_mode") == "1" else own


def _tag(stream: VideoStream) -> str:
    """The container's code of four characters for the codec; empty if it is not of that form."""
    tag = str(stream.codec_context.codec_tag)
    return tag if len(tag) == 4 and tag.isascii() and tag.isprintable() else ""
