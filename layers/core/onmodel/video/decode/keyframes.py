"""Finds the real keyframes of films in which every packet is flagged as one.

Some demultiplexers and writers flag each packet (H.261, H.263, RPZA; AVI without its index). A
decoder that begins at such a packet shows wrong pictures and reports no fault. A packet is a
keyframe if it alone gives the same picture as after all packets before it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import IO, Any

import av
import numpy as np
import numpy.typing as npt
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from onmodel.video.container.limits import Limits
from onmodel.video.container.opening import ErrorRecordingFile, open_container
from onmodel.video.container.packet_scan import packets_of
from onmodel.video.container.packet_table import Flags, PacketTable
from onmodel.video.decode.group_decoder import open_decoder

logger = logging.getLogger(__name__)

# decoders of these begin at keyframes alone, or report pictures that lack others as damaged
_FAULTS_ARE_REPORTED = frozenset({"h264", "hevc", "vp8", "vp9", "av1"})
_NEARLY_ALL = 0.9  # of the pictures
_PROOFS = 30  # pictures after which the flags are believed
_FLAT_DEVIATION = 2.0  # of the values of a picture that proves nothing: black is black without help


@dataclass(frozen=True)
class _Judged:
    """A packet that is flagged; `proves` is False where its picture is flat or missing."""

    position: int
    is_keyframe: bool
    proves: bool


def may_flag_all(codec: str, decoder: str) -> bool:
    """Whether a film of a codec may flag packets as keyframes that are none, without a fault."""
    return codec not in _FAULTS_ARE_REPORTED and not av.Codec(decoder, "r").intra_only


def with_measured_keyframes(file: IO[bytes], table: PacketTable, limits: Limits) -> PacketTable:
    """The table with the keyframes that are some, where nearly every packet is flagged as one.

    Ordinary films are not read. Of others the first pictures are decoded; all of them are if the
    flags prove to be wrong.
    """
    flagged = int(table.keyframe.sum())
    pictures = table.duration_seconds * table.frames_per_second
    if flagged < max(2, _NEARLY_ALL * pictures) or not may_flag_all(table.codec, table.decoder):
        return table
    proofs, judged = 0, list[_Judged]()
    recorder = ErrorRecordingFile(file)
    with open_container(recorder, limits, table.stream_index) as (container, stream):
        for found in _judged(packets_of(container, stream, recorder), table, limits):
            judged.append(found)
            proofs = proofs + found.proves if found.is_keyframe else -len(table)
            if proofs >= _PROOFS:
                return table
    if all(found.is_keyframe for found in judged):
        return table
    logger.info("%d of %d flagged packets are keyframes", _count(judged), len(judged))
    return _with(table, judged)


def _judged(
    packets: Iterator[Packet[Any]], table: PacketTable, limits: Limits
) -> Iterator[_Judged]:
    """Judge the packets that are flagged, in the order of the file."""
    in_order = open_decoder(table, limits, strict=False)
    tells: bool | None = None  # whether the decoder tells keyframes
    for number, packet in enumerate(packets):
        picture = _picture(in_order, packet)
        if not packet.is_keyframe:
            continue
        position = -1 if packet.pos is None else packet.pos
        if picture is None:
            yield _Judged(position, is_keyframe=number == 0, proves=False)
            continue
        tells = bool(picture.key_frame) if tells is None else tells
        is_keyframe = number == 0 or (bool(picture.key_frame) or not tells)
        pixels = _pixels(picture) if is_keyframe else None
        if pixels is not None and number:
            # a new decoder, because flushed ones may keep their last picture
            own = _picture(open_decoder(table, limits, strict=False), packet)
            is_keyframe = own is not None and np.array_equal(_pixels(own), pixels)
        proves = bool(number) and pixels is not None and float(pixels.std()) > _FLAT_DEVIATION
        yield _Judged(position, is_keyframe, proves)


def _picture(decoder: VideoCodecContext, packet: Packet[Any]) -> VideoFrame | None:
    """The picture of a packet; these codecs show pictures in the order of their packets."""
    try:
        return next(iter(decoder.decode(packet)), None)
    except av.FFmpegError as fault:
        logger.info("looking for keyframes: %s", fault)
        return None


def _pixels(picture: VideoFrame) -> npt.NDArray[Any]:
    return picture.to_ndarray(format="bgr24")


def _with(table: PacketTable, judged: list[_Judged]) -> PacketTable:
    """The table whose keyframes are those that were judged so."""
    rows = np.flatnonzero(table.keyframe)
    position = table.position.copy()
    if len(rows) == len(judged):
        keyframes: Flags = np.array([found.is_keyframe for found in judged], bool)
        if not table.complete:
            position[rows] = [found.position for found in judged]
    else:  # the container lists fewer packets than it has
        known = {found.position for found in judged if found.is_keyframe}
        keyframes = np.array([int(each) in known for each in position[rows]], bool)
        keyframes[:1] = True
    measured = replace(table, position=position, keyframes_measured=True)
    if table.complete:
        every = np.zeros(len(table), bool)
        every[rows[keyframes]] = True
        return replace(measured, keyframe=every)
    return measured.only(rows[keyframes])


def _count(judged: list[_Judged]) -> int:
    return sum(found.is_keyframe for found in judged)
