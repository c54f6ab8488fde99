"""Completes a packet table with the shape, rotation and interlacing of a decoded picture."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from onmodel.errors import FilmRefused
from onmodel.video.container.packet_table import PacketTable
from onmodel.video.decode.pictures import rotation_of

logger = logging.getLogger(__name__)

_FIRST_PACKETS = 500  # a film that shows no picture in this many packets is taken to have none
_PROGRESSIVE_ORDERS = (0, 1)  # AV_FIELD_UNKNOWN, AV_FIELD_PROGRESSIVE


def with_first_picture(
    table: PacketTable, container: InputContainer, stream: VideoStream
) -> PacketTable:
    """The table with the shape, rotation and interlacing of the film's first decoded picture.

    Raises:
        FilmRefused: the film's first packets hold no picture.
    """
    return with_picture(table, first_picture(container, stream), stream)


def first_picture(container: InputContainer, stream: VideoStream) -> VideoFrame:
    """The film's first decoded picture.

    Raises:
        FilmRefused: the film's first packets hold no picture.
    """
    first = next(_pictures(container, stream), None)
    if first is None:
        raise FilmRefused(
            "not one frame of the film can be decoded",
            "Check that the file plays, and upload it again",
        )
    return first


def with_picture(table: PacketTable, first: VideoFrame, stream: VideoStream) -> PacketTable:
    """The table with the shape, rotation and interlacing of the first picture of a stream."""
    has_fields = stream.codec_context.field_order not in _PROGRESSIVE_ORDERS
    return replace(
        table,
        width=first.width,  # containers may round it up to whole blocks
        height=first.height,
        rotation=rotation_of(first),
        interlaced=first.interlaced_frame or has_fields,
        coded_aspect=stream.codec_context.sample_aspect_ratio or None,
    )


def _pictures(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    """The pictures of the first packets; damaged packets are skipped."""
    stream.thread_count = 1
    packets, decoder = container.demux(stream), stream.codec_context
    for count in range(_FIRST_PACKETS):
        try:
            packet = next(packets, None)
            if packet is None:
                return
            yield from decoder.decode(packet)
            if count == 0:  # a decoder that reorders outputs its first picture only when flushed
                yield from decoder.decode(None)
                decoder.flush_buffers()
        except av.FFmpegError as fault:
            logger.info("looking for the first picture: %s", fault)
