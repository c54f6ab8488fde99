"""Reads every packet of a film whose container has no index that says enough."""

from __future__ import annotations

import logging
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from onmodel.errors import FilmRefused
from onmodel.video.container.film_clock import NO_TIME
from onmodel.video.container.limits import Limits
from onmodel.video.container.opening import ErrorRecordingFile
from onmodel.video.container.packet_table import Columns

logger = logging.getLogger(__name__)

UNKNOWN = -1
"""Stands for a missing position."""

_FAULTS_IN_A_ROW = 20  # a demultiplexer that cannot go on after a fault gives it again


def packets_of(
    container: InputContainer, stream: VideoStream, recorder: ErrorRecordingFile
) -> Iterator[Packet[Any]]:
    """The packets of a stream from the current place on; faults in the file are passed over."""
    faults = 0
    while True:
        try:
            for packet in container.demux(stream):
                recorder.raise_read_error()
                if packet.size == 0:  # the demultiplexer ends the film with an empty packet
                    return
                faults = 0
                yield packet
        except av.FFmpegError as fault:
            recorder.raise_read_error()
            faults += 1
            logger.info("the container has a fault: %s", fault)
            if faults > _FAULTS_IN_A_ROW:
                return
        else:
            return


@dataclass
class PacketScan:
    """What the demultiplexer says of each packet, column by column, in the order of the file.

    Attributes:
        pts: presentation time in ticks, or NO_TIME; dts: decoding time, likewise.
        position: bytes from the start of the file, or UNKNOWN; size: bytes.
        duration: ticks; 0 if not declared.
    """

    pts: array[int] = field(default_factory=lambda: array("q"))
    dts: array[int] = field(default_factory=lambda: array("q"))
    position: array[int] = field(default_factory=lambda: array("q"))
    size: array[int] = field(default_factory=lambda: array("q"))
    duration: array[int] = field(default_factory=lambda: array("q"))
    keyframe: array[int] = field(default_factory=lambda: array("b"))

    @classmethod
    def of(cls, packets: Iterator[Packet[Any]], limits: Limits) -> PacketScan:
        """Read all packets.

        Raises:
            FilmRefused: there are more than the limits allow.
        """
        scan = cls()
        for packet in packets:
            scan.add(packet, limits)
        return scan

    def add(self, packet: Packet[Any], limits: Limits) -> None:
        """Add what is known of a packet; FilmRefused above the limit of packets."""
        self.pts.append(NO_TIME if packet.pts is None else packet.pts)
        self.dts.append(NO_TIME if packet.dts is None else packet.dts)
        self.position.append(UNKNOWN if packet.pos is None else packet.pos)
        self.size.append(packet.size)
        self.duration.append(packet.duration or 0)
        self.keyframe.append(packet.is_keyframe)
        if len(self) > limits.packets:
            raise FilmRefused(
                f"the film has more than {limits.packets:,} frames", "Cut it into parts"
            )

    def __len__(self) -> int:
        return len(self.pts)

    def columns(self) -> Columns:
        """The columns as arrays; a position that is missing is that of the packet before."""
        return Columns(
            pts=np.array(self.pts, np.int64),
            dts=np.array(self.dts, np.int64),
            position=np.maximum.accumulate(np.array(self.position, np.int64)),
            size=np.array(self.size, np.int64),
            keyframe=np.array(self.keyframe, bool),
            discard=np.zeros(len(self), bool),
            duration=np.array(self.duration, np.int64),
        )
