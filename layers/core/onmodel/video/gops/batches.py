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
    """Packets that are planned together, in decoding order: a group of pictures or part of one.

    The last batch of a group ends with a tail: the next keyframe and those of its packets that
    are shown before it, which only decode after this group (open groups of pictures).

    Attributes:
        pts: (packets,) ticks; shown: which may be yielded; reference: which others refer to.
        packets: with their data; None where the file ends before them.
        next_keyframe: tick of the next group's keyframe, None at the end or when not known yet.
        head: the first packet is a keyframe. last: the group ends here.
        timed: the ticks are presentation times; otherwise they only count pictures (AVI), and
            the pictures come to them in the order in which the decoder shows them.
    """

    pts: Ticks
    shown: Flags
    reference: Flags
    packets: Sequence[Packet[Any] | None]
    next_keyframe: int | None
    head: bool = True
    last: bool = True
    timed: bool = True


class BatchSource(Protocol):
    """Where groups of pictures come from, and what the sizes of those read so far tell."""

    hints: CutHints

    def batches(self, windows: Windows) -> Iterator[Batch]:
        """All that holds pictures which the windows want, in order."""
        ...


def references(
    packets: Sequence[Packet[Any] | None], is_reference: IsReference | None, *, head: bool
) -> Flags:
    """Which packets others may refer to; all of them for a codec whose marks we do not read."""
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
