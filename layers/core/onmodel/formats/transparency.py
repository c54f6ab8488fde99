"""The ground on which transparent pictures are shown, in films and in reference pictures alike."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from onmodel.contracts.arrays import Pixels

NEUTRAL_GREY = 128  # of 255 in every channel: the mean of all possible grounds


def on_neutral_grey(colours: npt.NDArray[Any], alpha: npt.NDArray[np.uint8]) -> Pixels:
    """Show a partly transparent picture on neutral grey.

    Args:
        colours: (height, width, 3) uint8 to which alpha has not been applied yet; what a hidden
            pixel holds does not show.
        alpha: (height, width) uint8, 0 transparent to 255 opaque.

    Returns:
        (height, width, 3) uint8.
    """
    weight = alpha[..., None].astype(np.uint16)
    shown = colours * weight + NEUTRAL_GREY * (255 - weight)
    return ((shown + 127) // 255).astype(np.uint8)
