"""The frames that the sampler yields."""

from __future__ import annotations

from dataclasses import dataclass

from onmodel.contracts.arrays import Pixels
from onmodel.contracts.base import Box


@dataclass(frozen=True, eq=False)
class Frame:
    """One sampled frame.

    Attributes:
        timecode_seconds: presentation time on the film's clock.
        pixels: (height, width, 3) uint8, BGR, display orientation, square pixels, bars included.
        sharpness: Laplacian variance of the sharpest regions; 0 is a flat picture.
        shot: number of the shot within the call, from 0.
        picture: the part of the pixels without bars.
    """

    timecode_seconds: float
    pixels: Pixels
    sharpness: float
    shot: int
    picture: Box
