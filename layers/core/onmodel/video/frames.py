"""What the sampler yields."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from onmodel.ports import Pixels

Luma = npt.NDArray[np.uint8]
"""(height, width) uint8, 0 black to 255 white, whatever range the film was coded in."""

LUMA_WIDTH = 160  # wide enough to see a mouth move, small enough to keep one a shot


@dataclass(frozen=True, eq=False)
class Frame:
    """One sampled still.

    Attributes:
        timecode_seconds: its presentation time on the film's own clock.
        pixels: (height, width, 3) uint8, BGR, display orientation, square pixels, bars included.
        sharpness: Laplacian variance of the sharpest regions; 0 is flat.
        shot: number of the shot, from 0, counted within the call.
        signature: small description of the picture that `shots.is_cut` compares.
        luma: (height, LUMA_WIDTH) uint8 thumbnail of the whole frame, 0 to 255.
    """

    timecode_seconds: float
    pixels: Pixels
    sharpness: float
    shot: int
    signature: tuple[float, ...]
    luma: Luma
