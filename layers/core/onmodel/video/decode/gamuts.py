"""Primaries and transfer curves of films, and their conversion to those of an ordinary screen.

The numbers are those of ITU-T H.273 (tables 2 and 3), which FFmpeg's tags follow. The conversion is
that of the zimg library (FFmpeg's filter zscale): light of the display, whites adapted by
Bradford's method, and values outside of the screen's gamut are clipped.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from onmodel.contracts.arrays import Pixels
from onmodel.formats import chromaticities
from onmodel.formats.chromaticities import BT709, PRIMARIES

UNSPECIFIED = 2
# curves whose values a screen shows as they are: BT.709, BT.601, SMPTE 240M, xvYCC, BT.1361, sRGB
# and BT.2020
_SCREEN_CURVES = frozenset({1, 6, 7, 11, 12, 13, 14, 15, UNSPECIFIED})
_SRGB = 13
_POWERS = {4: 2.2, 5: 2.8, 8: 1.0}  # BT.470 M, BT.470 B and G, linear light
_SCREEN_POWER = 2.4  # BT.1886
_STEPS = 65536  # entries of the tables from coded values to light, and back
_STRIP = 64  # rows converted at a time: they fit into a core's cache

KNOWN_PRIMARIES = frozenset({*PRIMARIES, UNSPECIFIED})
KNOWN_TRANSFERS = frozenset({*_SCREEN_CURVES, *_POWERS})


@dataclass(frozen=True)
class Gamut:
    """Primaries and curve of a film; what is not known counts as that of an ordinary screen."""

    primaries: int
    transfer: int

    @property
    def is_that_of_a_screen(self) -> bool:
        """Whether nothing has to be converted."""
        own_primaries = self.primaries not in PRIMARIES or self.primaries == BT709
        return own_primaries and self.transfer not in _POWERS

    def on_screen(self, coded: npt.NDArray[np.uint16]) -> Pixels:
        """Convert to BT.709 primaries and a screen's curve: (height, width, 3) uint8, BGR.

        A curve that screens show as it is stays the same.

        Args:
            coded: (height, width, 3) uint16 RGB, with the film's curve.
        """
        light_of, values_of = _to_light(self.transfer), _to_values(self.transfer)
        to_709 = numbered_to_bt709(self.primaries)
        shown = np.empty(coded.shape, np.uint8)
        for top in range(0, coded.shape[0], _STRIP):
            light: Any = cv2.transform(light_of[coded[top : top + _STRIP]], to_709)
            scaled = np.clip(light, 0, 1) * np.float32(_STEPS - 1) + np.float32(0.5)
            shown[top : top + _STRIP] = values_of[scaled.astype(np.uint16)][..., ::-1]
        return shown


@lru_cache(maxsize=8)
def numbered_to_bt709(primaries: int) -> npt.NDArray[np.float32]:
    """(3, 3): linear light of these primaries to that of BT.709; unknown ones stay as they are."""
    if primaries not in PRIMARIES:
        return np.eye(3, dtype=np.float32)
    return chromaticities.to_bt709(PRIMARIES[primaries]).astype(np.float32)


def luma_weights(primaries: int) -> tuple[float, float]:
    """Weights of red and blue in the luma that H.273 derives from the primaries (8.3)."""
    red, _green, blue = chromaticities.to_xyz(PRIMARIES.get(primaries, PRIMARIES[BT709]))[1]
    return float(red), float(blue)


@lru_cache(maxsize=4)
def _to_light(transfer: int) -> npt.NDArray[np.float32]:
    """_STEPS coded values to light, 0 to 1."""
    coded = np.linspace(0, 1, _STEPS)
    if transfer == _SRGB:
        light = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    else:
        light = coded ** _POWERS.get(transfer, _SCREEN_POWER)
    return light.astype(np.float32)


@lru_cache(maxsize=4)
def _to_values(transfer: int) -> npt.NDArray[np.uint8]:
    """_STEPS of light to a screen's values, 0 to 255."""
    light = np.linspace(0, 1, _STEPS)
    if transfer == _SRGB:
        curved = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    else:
        curved = light ** (1 / _SCREEN_POWER)
    return np.round(curved * 255).astype(np.uint8)
