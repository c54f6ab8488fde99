"""What the sampler yields."""

from __future__ import annotations

from dataclasses import dataclass

from onmodel.contracts.arrays import Pixels


@dataclass(frozen=True, eq=False)
class Frame:
    """One sampled still.

    Attributes:
        timecode_seconds: its presentation time on the film's own clock.
        pixels: (height, width, 3) uint8, BGR, display orientation, square pixels, bars included.
        sharpness: Laplacian variance of the sharpest regions; 0 is flat.
        shot: number of the shot, from 0, counted within the call.
    """

    timecode_seconds: float
    pixels: Pixels
    sharpness: float
    shot: int
