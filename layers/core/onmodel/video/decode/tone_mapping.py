"""Maps the light of high dynamic range films to an ordinary screen."""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame

from onmodel.contracts.arrays import Pixels
from onmodel.formats.chromaticities import BT709
from onmodel.video.decode.gamuts import UNSPECIFIED, numbered_to_bt709

PQ, HLG = 16, 18  # AVCOL_TRC_SMPTE2084, AVCOL_TRC_ARIB_STD_B67
_REFERENCE_WHITE = 100.0  # nits that become 1.0, as in FFmpeg's zscale examples (npl=100)
_PEAK_NITS = 1000.0  # of the reference display of HLG (BT.2100) and of most PQ films
_STRIP = 64  # rows converted at a time: they fit into a core's cache
_LEVELS = 4096  # entries of the table from linear light to a screen's values


def tone_mapped(
    coded: npt.NDArray[np.uint16], frame: VideoFrame, transfer: int, primaries: int
) -> Pixels:
    """Convert an HDR frame for an SDR screen: (height, width, 3) uint8, BGR, BT.709.

    The same steps as in FFmpeg's documentation: linear light at 100 nits, BT.709 primaries, Hable's
    curve on the largest component without desaturation, the gamma of an SDR screen.

    Args:
        coded: (height, width, 3) uint16 RGB, with the film's transfer function applied.
        frame: the decoded frame, for its brightest pixel.
        transfer: PQ or HLG.
        primaries: of the film.
    """
    peak = _brightest(frame) / _REFERENCE_WHITE
    shown = np.empty(coded.shape, np.uint8)
    for top in range(
        0, coded.shape[0], _STRIP
    ):  # linear light takes 4 times the memory of a picture
        strip = coded[top : top + _STRIP]
        shown[top : top + _STRIP] = _for_screen(_light(strip, transfer), peak, primaries)
    return shown


def _light(coded: npt.NDArray[np.uint16], transfer: int) -> npt.NDArray[np.float32]:
    """RGB in linear light of the display, 1.0 at the reference white."""
    light: npt.NDArray[np.float32] = _linear_light(transfer)[coded >> 6]
    if transfer == HLG:
        luminance = light @ np.array([0.2627, 0.6780, 0.0593], np.float32)
        # BT.2100 system gamma 1.2 of a 1,000 nit display
        gain = np.power(np.maximum(luminance, 1e-6), np.float32(0.2))[..., None]
        light = light * gain * np.float32(_PEAK_NITS / _REFERENCE_WHITE)
    return light


def _for_screen(light: Any, peak: float, primaries: int) -> Pixels:  # noqa: ANN401 - cv2 array
    """Linear RGB to BGR values of an SDR screen."""
    if primaries not in (BT709, UNSPECIFIED):
        light = cv2.transform(light, numbered_to_bt709(primaries))
    light = np.maximum(light, 0)
    largest = np.maximum(light.max(axis=2, keepdims=True), 1e-6)
    mapped = _hable(largest) / np.float32(_hable(peak))
    shown = np.minimum(light * (mapped / largest), 1)
    values: Pixels = _screen_curve()[(shown * (_LEVELS - 1)).astype(np.int32)]
    return values[..., ::-1]


def _brightest(frame: VideoFrame) -> float:
    """Nits of the film's brightest pixel by its metadata; 1,000, as in FFmpeg, without any."""
    known: Any = frame.side_data
    level = known.get("CONTENT_LIGHT_LEVEL")
    if level is not None:
        (nits,) = struct.unpack_from("I", bytes(level))
        if nits:
            return float(nits)
    mastering = known.get("MASTERING_DISPLAY_METADATA")
    if mastering is not None:
        # AVMasteringDisplayMetadata: eight rationals, then the lowest and highest luminance
        numerator, denominator = struct.unpack_from("ii", bytes(mastering), 72)
        if numerator > 0 and denominator > 0:
            return float(numerator / denominator)
    return _PEAK_NITS


def _hable(value: Any) -> Any:  # noqa: ANN401 - a number or an array
    """John Hable's filmic curve ("Filmic Tonemapping Operators", 2010)."""
    a, b, c, d, e, f = 0.15, 0.50, 0.10, 0.20, 0.02, 0.30
    return (value * (a * value + c * b) + d * e) / (value * (a * value + b) + d * f) - e / f


@lru_cache(maxsize=2)
def _linear_light(transfer: int) -> npt.NDArray[np.float32]:
    """1,024 coded values to linear light: PQ in units of reference white, HLG 0 to 1."""
    coded = np.linspace(0, 1, 1024)
    if transfer == PQ:  # SMPTE ST 2084
        power = coded ** (32 / 2523)
        base = np.maximum(power - 0.8359375, 0) / (18.8515625 - 18.6875 * power)
        return (base ** (8192 / 1305) * 10_000 / _REFERENCE_WHITE).astype(np.float32)
    a, b, c = 0.17883277, 0.28466892, 0.55991073  # BT.2100 HLG
    light = np.where(coded <= 0.5, coded**2 / 3, (np.exp((coded - c) / a) + b) / 12)
    return light.astype(np.float32)


@lru_cache(maxsize=1)
def _screen_curve() -> npt.NDArray[np.uint8]:
    """Linear light 0 to 1 in _LEVELS steps to a BT.1886 screen's value, 0 to 255.

    The inverse of the display's gamma is right here, not the camera's curve, because the light is
    that of a display.
    """
    light = np.linspace(0, 1, _LEVELS)
    return np.round(light ** (1 / 2.4) * 255).astype(np.uint8)
