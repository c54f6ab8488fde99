"""Converts a film's colours to BGR for a screen: matrices, ranges and high dynamic range."""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from onmodel.contracts.arrays import Pixels
from onmodel.formats.transparency import on_neutral_grey

# AVCOL_SPC_* of the film's tag to SWS_CS_* of swscale
_MATRICES = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9, 10: 9}
_ITU709, _ITU601 = 1, 5
_HD_HEIGHT = 720  # untagged films: BT.709 from this height on, BT.601 below, like players
_LIMITED, _FULL = 1, 2
_PQ, _HLG = 16, 18  # AVCOL_TRC_SMPTE2084, AVCOL_TRC_ARIB_STD_B67
_REFERENCE_WHITE = 100.0  # nits that become 1.0, as in FFmpeg's zscale examples (npl=100)
_PEAK_NITS = 1000.0  # of the reference display of HLG (BT.2100) and of most PQ films
# BT.2020 to BT.709 primaries, linear light (BT.2087, table 4, inverted)
_TO_709 = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]],
    np.float32,
)
_WIDE_MATRICES, _WIDE_PRIMARIES = (9, 10), 9  # AVCOL_SPC_BT2020_*, AVCOL_PRI_BT2020
_STRIP = 64  # rows converted at a time: they fit into a core's cache
_LEVELS = 4096  # entries of the table from linear light to a screen's values


def is_full_range(frame: VideoFrame) -> bool:
    """Whether black is 0 and white 255, instead of 16 and 235."""
    name = frame.format.name
    return int(frame.color_range) == _FULL or name.startswith(("yuvj", "gbr", "rgb", "bgr"))


@lru_cache(maxsize=64)
def has_alpha(name: str) -> bool:
    """Whether pictures of a pixel format may be transparent."""
    parts = VideoFormat(name).components
    return name == "pal8" or any(part.is_alpha for part in parts)


class BgrConverter:
    """Converts decoded pictures to BGR; keeps swscale's tables between pictures of a film."""

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()

    def bgr(self, frame: VideoFrame) -> Pixels:
        """(height, width, 3) uint8, BGR, for an ordinary screen."""
        if int(frame.color_trc) in (_PQ, _HLG):
            return tone_mapped(self._rgb(frame, "rgb48le"), frame)
        if has_alpha(frame.format.name):
            partly = self._rgb(frame, "bgra")
            return on_neutral_grey(partly[..., :3], partly[..., 3])
        return self._rgb(frame, "bgr24")

    def _rgb(self, frame: VideoFrame, layout: str) -> npt.NDArray[Any]:
        """RGB or BGR by the frame's own matrix and range; for untagged films, those of players."""
        guess = _ITU709 if frame.height >= _HD_HEIGHT else _ITU601
        matrix = _MATRICES.get(int(frame.colorspace), guess)
        converted = self._reformatter.reformat(
            frame,
            format=layout,
            src_colorspace=matrix,
            dst_colorspace=matrix,
            src_color_range=_FULL if is_full_range(frame) else _LIMITED,
            dst_color_range=_FULL,
            threads=1,
        )
        return converted.to_ndarray()


def tone_mapped(coded: npt.NDArray[np.uint16], frame: VideoFrame) -> Pixels:
    """Convert an HDR frame for an SDR screen: (height, width, 3) uint8, BGR, BT.709.

    The same steps as in FFmpeg's documentation: linear light at 100 nits, BT.709 primaries, Hable's
    curve on the largest component without desaturation, the gamma of an SDR screen.

    Args:
        coded: (height, width, 3) uint16 RGB, with the film's transfer function applied.
        frame: the decoded frame, for its tags.
    """
    transfer, peak = int(frame.color_trc), _brightest(frame) / _REFERENCE_WHITE
    wide = int(frame.colorspace) in _WIDE_MATRICES or int(frame.color_primaries) == _WIDE_PRIMARIES
    shown = np.empty(coded.shape, np.uint8)
    for top in range(
        0, coded.shape[0], _STRIP
    ):  # linear light takes 4 times the memory of a picture
        strip = coded[top : top + _STRIP]
        shown[top : top + _STRIP] = _for_screen(_light(strip, transfer), peak, wide=wide)
    return shown


def _light(coded: npt.NDArray[np.uint16], transfer: int) -> npt.NDArray[np.float32]:
    """RGB in linear light of the display, 1.0 at the reference white."""
    light: npt.NDArray[np.float32] = _linear_light(transfer)[coded >> 6]
    if transfer == _HLG:
        luminance = light @ np.array([0.2627, 0.6780, 0.0593], np.float32)
        # BT.2100 system gamma 1.2 of a 1,000 nit display
        gain = np.power(np.maximum(luminance, 1e-6), np.float32(0.2))[..., None]
        light = light * gain * np.float32(_PEAK_NITS / _REFERENCE_WHITE)
    return light


def _for_screen(light: Any, peak: float, *, wide: bool) -> Pixels:  # noqa: ANN401 - cv2 array
    """Linear RGB to BGR values of an SDR screen."""
    if wide:
        light = cv2.transform(light, _TO_709)
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
    if transfer == _PQ:  # SMPTE ST 2084
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
