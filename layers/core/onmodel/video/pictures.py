"""From decoded planes to pixels and to the figures that selection needs."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame

from onmodel.contracts.base import Box
from onmodel.ports import Pixels
from onmodel.video.frames import LUMA_WIDTH, Luma

_ROTATIONS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
_FULL_RANGE = 2
_ITU709, _ITU601 = 1, 5
_MATRICES = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9, 10: 9}  # AVCOL_SPC_* to SWS_CS_*
_HD_HEIGHT = 720  # untagged films: BT.709 from here up, BT.601 below, as players assume
SHARPNESS_WIDTH = 480
_TILES = (4, 6)
_SHARPEST_TILES = 6  # a quarter of the picture may be in focus: shallow focus is no blur


@dataclass(frozen=True)
class Display:
    """How coded pictures become upright ones with square pixels.

    Attributes:
        rotation: degrees clockwise.
        width, height: of the result.
    """

    rotation: int
    width: int
    height: int

    @classmethod
    def of(cls, width: int, height: int, aspect: Fraction, rotation: int) -> Display:
        """Of a coded picture; pixels wider than high widen it, others heighten it never."""
        square = max(1, round(width * aspect)) if 0 < aspect < 20 else width
        if rotation in (90, 270):
            return cls(rotation, height, square)
        return cls(rotation, square, height)


def luma_plane(frame: VideoFrame) -> npt.NDArray[Any]:
    """(height, width) view of the luma plane, uint8 or uint16; grey for RGB."""
    return _plane(frame, 0)


def _plane(frame: VideoFrame, index: int) -> npt.NDArray[Any]:
    plane = frame.planes[index]
    bits = frame.format.components[0].bits
    kind = np.dtype(np.uint8 if bits <= 8 else "<u2")
    rows = np.frombuffer(plane, kind).reshape(plane.height, -1)  # type: ignore[call-overload]
    return rows[:, : plane.width]


def to_pixels(frame: VideoFrame, display: Display) -> Pixels:
    """(height, width, 3) uint8 BGR, upright, square pixels, in the film's own colours."""
    matrix = _MATRICES.get(
        int(frame.colorspace), _ITU709 if frame.height >= _HD_HEIGHT else _ITU601
    )
    full = int(frame.color_range) == _FULL_RANGE
    converted = frame.reformat(
        format="bgr24",
        src_colorspace=matrix,
        dst_colorspace=matrix,
        src_color_range=2 if full else 1,
        dst_color_range=2,
    )
    pixels: Any = converted.to_ndarray()
    upright = display.rotation in (90, 270)
    width, height = (display.height, display.width) if upright else (display.width, display.height)
    if (pixels.shape[1], pixels.shape[0]) != (width, height):
        pixels = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
    if display.rotation:
        pixels = cv2.rotate(pixels, _ROTATIONS[display.rotation])
    return np.ascontiguousarray(pixels, dtype=np.uint8)


def thumbnail(pixels: Pixels, width: int = LUMA_WIDTH) -> Pixels:
    """A copy `width` wide, at least one pixel high."""
    height = max(1, round(pixels.shape[0] * width / pixels.shape[1]))
    small: Any = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.uint8)


def luma_of(pixels: Pixels) -> Luma:
    """(height, LUMA_WIDTH) uint8 luma of a picture."""
    grey: Any = cv2.cvtColor(thumbnail(pixels), cv2.COLOR_BGR2GRAY)
    return np.asarray(grey, dtype=np.uint8)


def sharpness_of(luma: npt.NDArray[Any]) -> float:
    """Mean Laplacian variance of the sharpest quarter of the picture's tiles.

    Measured at SHARPNESS_WIDTH, so that film sizes compare. Pech-Pacheco et al., "Diatom
    autofocusing in brightfield microscopy" (2000).
    """
    if luma.dtype != np.uint8:
        luma = (luma >> 2).astype(np.uint8)
    height = max(_TILES[0] * 4, round(luma.shape[0] * SHARPNESS_WIDTH / luma.shape[1]))
    small = cv2.resize(luma, (SHARPNESS_WIDTH, height), interpolation=cv2.INTER_LINEAR)
    edges: Any = cv2.Laplacian(small, cv2.CV_32F)
    rows, columns = height // _TILES[0], SHARPNESS_WIDTH // _TILES[1]
    tiles = edges[: rows * _TILES[0], : columns * _TILES[1]]
    tiles = tiles.reshape(_TILES[0], rows, _TILES[1], columns)
    variances = np.sort(tiles.var(axis=(1, 3)).ravel())
    return float(variances[-_SHARPEST_TILES:].mean())


def cropped(
    luma: npt.NDArray[Any], picture: Box | None, whole: tuple[int, int]
) -> npt.NDArray[Any]:
    """The part of a plane of any size that `picture` is of a frame of `whole` (width, height)."""
    if picture is None:
        return luma
    x, y = luma.shape[1] / whole[0], luma.shape[0] / whole[1]
    top, left = int(picture.top * y), int(picture.left * x)
    bottom, right = round(picture.bottom * y), round(picture.right * x)
    return luma[top : max(bottom, top + 1), left : max(right, left + 1)]
