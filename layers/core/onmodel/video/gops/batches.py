"""Batches: the packets of a group of pictures, or of a part of one, that are planned together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from av.packet import Packet

from onmodel.video.bitstream.reference_flags import IsReference
from onmodel.video.container.packet_table import Flags, Ticks
from onmodel.video.gops.windows import Windows
from onmodel.video.shots.cut_hints import CutHints

BATCH_PACKETS = 600  # 10 s at 60 frames a second; longer groups are split into several batches
BATCH_BYTES = 24 << 20  # compressed size of a batch at most: 5 s of 4K at 40 Mbit/s


@dataclass(frozen=True, eq=False)
class Batch:
    """Packets in decoding order that are planned together: a group of pictures or part of one.

    In an open group of pictures, packets after the next keyframe are shown before it and refer to
    this group. So the last batch of a group also holds that keyframe and those packets.

    Attributes:
        pts: (packets,) ticks; shown: may be sampled; reference: other packets may refer to it.
        packets: with their data; None where it cannot be read.
        next_keyframe: tick of the next group's keyframe; None at the end, or if not known yet.
        head: the batch begins its group. last: the batch ends its group.
        timed: the ticks are presentation times. Otherwise (AVI) they only count pictures, and are
            assigned to the pictures in the order in which the decoder outputs them.
        part: of a film of several parts, the number of the one that the packets are of.
    """

    pts: Ticks
    shown: Flags
    reference: Flags
    packets: Sequence[Packet[Any] | None]
    next_keyframe: int | None
    head: bool = True
    last: bool = True
    timed: bool = True
    part: int = 0


class BatchSource(Protocol):
    """Reads groups of pictures; `hints` collects the cut hints of those read so far."""

    hints: CutHints

    def batches(self, windows: Windows) -> Iterator[Batch]:
        """All batches with pictures that the windows need, in order."""
        ...


def references(
    packets: Sequence[Packet[Any] | None], is_reference: IsReference | None, *, head: bool
) -> Flags:
    """Which packets others may refer to; all, for a codec whose flags are not read."""
    return np.array(
        [
            (head and index == 0)
            or packet is None
            or is_reference is None
            or is_reference(bytes(packet))
            for index, packet in enumerate(packets)
        ],
        bool,
    )
