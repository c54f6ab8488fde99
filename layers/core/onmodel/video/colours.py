"""The film's own colours as BGR for a screen: matrices, ranges and high dynamic range."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from onmodel.ports import Pixels

# AVCOL_SPC_* as films are tagged to SWS_CS_* as swscale is asked
_MATRICES = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9, 10: 9}
_ITU709, _ITU601 = 1, 5
_HD_HEIGHT = 720  # untagged films: BT.709 from here up, BT.601 below, as players assume
_LIMITED, _FULL = 1, 2
_PQ, _HLG = 16, 18  # AVCOL_TRC_SMPTE2084, AVCOL_TRC_ARIB_STD_B67
_REFERENCE_WHITE = 100.0  # nits that become 1.0: what FFmpeg's examples tell zscale (npl=100)
_HLG_PEAK = 1000.0  # nits of the display that HLG is graded for (BT.2100)
# BT.2020 to BT.709 primaries, linear light (BT.2087, table 4, inverted)
_TO_709 = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]],
    np.float32,
)
_LEVELS = 4096  # steps of the curve from linear light to a screen's value


def is_full_range(frame: VideoFrame) -> bool:
    """Whether black is 0 and white 255, not 16 and 235."""
    name = frame.format.name
    return int(frame.color_range) == _FULL or name.startswith(("yuvj", "gbr", "rgb", "bgr"))


class Converter:
    """Turns decoded pictures into BGR; keeps swscale's tables between pictures of one film."""

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()

    def bgr(self, frame: VideoFrame) -> Pixels:
        """(height, width, 3) uint8, BGR, for an ordinary screen."""
        if int(frame.color_trc) in (_PQ, _HLG):
            return tone_mapped(self._rgb(frame, "rgb48le"), frame)
        return self._rgb(frame, "bgr24")

    def _rgb(self, frame: VideoFrame, layout: str) -> npt.NDArray[Any]:
        """With the frame's own matrix and range; untagged films as players take them."""
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
    """An HDR frame for an ordinary screen: (height, width, 3) uint8, BGR, BT.709.

    The chain of FFmpeg's documentation: linear light at 100 nits, BT.709 primaries, Hable's
    curve on the largest component without desaturation, BT.709 transfer.

    Args:
        coded: (height, width, 3) RGB as transferred, 16 bits.
        frame: its tags.
    """
    light = _linear_light(int(frame.color_trc))[coded >> 6]
    if int(frame.color_trc) == _HLG:
        luminance = light @ np.array([0.2627, 0.6780, 0.0593], np.float32)
        # BT.2100 system gamma 1.2 of a 1,000 nit display
        gain = np.power(np.maximum(luminance, 1e-6), 0.2)[..., None]
        light = light * gain * np.float32(_HLG_PEAK / _REFERENCE_WHITE)
    if int(frame.colorspace) in (9, 10) or int(frame.color_primaries) == 9:
        light = cv2.transform(light, _TO_709)
    light = np.maximum(light, 0)
    peak = np.maximum(light.max(axis=2, keepdims=True), 1e-6)
    brightest = np.float32(10_000.0 if int(frame.color_trc) == _PQ else _HLG_PEAK)
    mapped = _hable(peak) / _hable(np.float32(brightest / _REFERENCE_WHITE))
    shown = np.clip(light * (mapped / peak), 0, 1)
    pixels = _screen_curve()[(shown * (_LEVELS - 1)).astype(np.int32)]
    return np.ascontiguousarray(pixels[..., ::-1])


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
    """Linear light 0 to 1 in _LEVELS steps to BT.709's coded value, 0 to 255."""
    light = np.linspace(0, 1, _LEVELS)
    coded = np.where(light < 0.018, 4.5 * light, 1.099 * light**0.45 - 0.099)
    return np.round(coded * 255).astype(np.uint8)
