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

UNSPECIFIED = 2
BT709, BT2020, P3_D65 = 1, 9, 12
_D65, _C, _E, _DCI = (0.3127, 0.3290), (0.310, 0.316), (1 / 3, 1 / 3), (0.314, 0.351)
_Point = tuple[float, float]
# red, green, blue and white as chromaticities x and y
_PRIMARIES: dict[int, tuple[_Point, _Point, _Point, _Point]] = {
    BT709: ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060), _D65),
    4: ((0.670, 0.330), (0.210, 0.710), (0.140, 0.080), _C),  # BT.470 M
    5: ((0.640, 0.330), (0.290, 0.600), (0.150, 0.060), _D65),  # BT.470 B, G: 625 lines
    6: ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), _D65),  # BT.601, 525 lines
    7: ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), _D65),  # SMPTE 240M
    8: ((0.681, 0.319), (0.243, 0.692), (0.145, 0.049), _C),  # film with Illuminant C
    BT2020: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), _D65),
    10: ((1.0, 0.0), (0.0, 1.0), (0.0, 0.0), _E),  # SMPTE 428: CIE XYZ
    11: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), _DCI),  # SMPTE 431: DCI P3
    P3_D65: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), _D65),  # Display P3
    22: ((0.630, 0.340), (0.295, 0.605), (0.155, 0.077), _D65),  # EBU 3213
}
_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
# curves whose values a screen shows as they are: BT.709, BT.601, SMPTE 240M, xvYCC, BT.1361, sRGB
# and BT.2020
_SCREEN_CURVES = frozenset({1, 6, 7, 11, 12, 13, 14, 15, UNSPECIFIED})
_SRGB = 13
_POWERS = {4: 2.2, 5: 2.8, 8: 1.0}  # BT.470 M, BT.470 B and G, linear light
_SCREEN_POWER = 2.4  # BT.1886
_STEPS = 65536  # entries of the tables from coded values to light, and back
_STRIP = 64  # rows converted at a time: they fit into a core's cache

KNOWN_PRIMARIES = frozenset({*_PRIMARIES, UNSPECIFIED})
KNOWN_TRANSFERS = frozenset({*_SCREEN_CURVES, *_POWERS})


@dataclass(frozen=True)
class Gamut:
    """Primaries and curve of a film; what is not known counts as that of an ordinary screen."""

    primaries: int
    transfer: int

    @property
    def is_that_of_a_screen(self) -> bool:
        """Whether nothing has to be converted."""
        own_primaries = self.primaries not in _PRIMARIES or self.primaries == BT709
        return own_primaries and self.transfer not in _POWERS

    def on_screen(self, coded: npt.NDArray[np.uint16]) -> Pixels:
        """Convert to BT.709 primaries and a screen's curve: (height, width, 3) uint8, BGR.

        A curve that screens show as it is stays the same.

        Args:
            coded: (height, width, 3) uint16 RGB, with the film's curve.
        """
        light_of, values_of = _to_light(self.transfer), _to_values(self.transfer)
        to_709 = to_bt709(self.primaries)
        shown = np.empty(coded.shape, np.uint8)
        for top in range(0, coded.shape[0], _STRIP):
            light: Any = cv2.transform(light_of[coded[top : top + _STRIP]], to_709)
            scaled = np.clip(light, 0, 1) * np.float32(_STEPS - 1) + np.float32(0.5)
            shown[top : top + _STRIP] = values_of[scaled.astype(np.uint16)][..., ::-1]
        return shown


@lru_cache(maxsize=8)
def to_bt709(primaries: int) -> npt.NDArray[np.float32]:
    """(3, 3): linear light of these primaries to that of BT.709; unknown ones stay as they are."""
    if primaries not in _PRIMARIES:
        return np.eye(3, dtype=np.float32)
    source, target = _PRIMARIES[primaries], _PRIMARIES[BT709]
    adapted = _adaptation(source[3], target[3]) @ _to_xyz(primaries)
    return (np.linalg.inv(_to_xyz(BT709)) @ adapted).astype(np.float32)


def luma_weights(primaries: int) -> tuple[float, float]:
    """Weights of red and blue in the luma that H.273 derives from the primaries (8.3)."""
    known = primaries if primaries in _PRIMARIES else BT709
    red, _green, blue = _to_xyz(known)[1]
    return float(red), float(blue)


def _to_xyz(primaries: int) -> npt.NDArray[np.float64]:
    *points, white = _PRIMARIES[primaries]
    columns = np.stack([_sums_to_one(point) for point in points], axis=1)
    return columns * np.linalg.solve(columns, _sums_to_one(white) / white[1])


def _sums_to_one(point: _Point) -> npt.NDArray[np.float64]:
    return np.array([point[0], point[1], 1 - point[0] - point[1]])


def _adaptation(source: _Point, target: _Point) -> npt.NDArray[np.float64]:
    before, after = (_BRADFORD @ (_sums_to_one(white) / white[1]) for white in (source, target))
    return np.asarray(np.linalg.inv(_BRADFORD) @ np.diag(after / before) @ _BRADFORD)


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
