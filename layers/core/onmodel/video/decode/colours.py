"""Converts a film's colours to BGR for a screen: matrices, ranges and high dynamic range."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from onmodel.contracts.arrays import Pixels
from onmodel.formats.chromaticities import BT2020
from onmodel.formats.transparency import on_neutral_grey
from onmodel.video.decode.gamuts import (
    KNOWN_PRIMARIES,
    KNOWN_TRANSFERS,
    UNSPECIFIED,
    Gamut,
    luma_weights,
)
from onmodel.video.decode.tone_mapping import HLG, PQ, tone_mapped

# AVCOL_SPC_* of the film's tag to SWS_CS_* of swscale
_MATRICES = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9}
_YCGCO, _BY_PRIMARIES = 8, 12
_OWN_MATRICES = (_YCGCO, _BY_PRIMARIES)  # converted here, because swscale does not have them
_BT2020_MATRIX = 9
_RGB_LAYOUTS = ("gbr", "rgb", "bgr", "argb", "abgr", "xyz", "pal8", "0rgb", "0bgr", "x2rgb")
_ITU709, _ITU601 = 1, 5
_HD_HEIGHT = 720  # untagged films: BT.709 from this height on, BT.601 below, like players
_LIMITED, _FULL = 1, 2
_WIDE_MATRICES = (9, 10)  # AVCOL_SPC_BT2020_*


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
        """(height, width, 3) uint8, BGR, for an ordinary screen; on neutral grey if transparent."""
        pixels = self._opaque(frame)
        if not has_alpha(frame.format.name):
            return pixels
        return on_neutral_grey(pixels, self._converted(frame, "bgra")[..., 3])

    def _opaque(self, frame: VideoFrame) -> Pixels:
        matrix, primaries, transfer = tags_of(frame)
        gamut = Gamut(primaries, transfer)
        if transfer in (PQ, HLG):
            is_wide = primaries == UNSPECIFIED and matrix in _WIDE_MATRICES
            return tone_mapped(
                self._rgb(frame, matrix), frame, transfer, BT2020 if is_wide else primaries
            )
        if gamut.is_that_of_a_screen and matrix not in _OWN_MATRICES:
            return self._converted(frame, "bgr24", _MATRICES.get(matrix, guessed_matrix(frame)))
        return gamut.on_screen(self._rgb(frame, matrix))

    def _rgb(self, frame: VideoFrame, matrix: int) -> npt.NDArray[np.uint16]:
        """(height, width, 3) uint16 RGB with the film's curve and primaries."""
        if matrix not in _OWN_MATRICES or _is_rgb(frame):
            return self._converted(frame, "rgb48le", _MATRICES.get(matrix, guessed_matrix(frame)))
        planes = self._converted(frame, "yuv444p16le", _ITU709, full=is_full_range(frame))
        luma, blue, red = np.moveaxis(planes, -1, 0).astype(np.float32) / np.float32(256)
        if is_full_range(frame):
            luma *= np.float32(256 / 257)  # swscale widens only the luma of this range to 65,535
        else:
            # H.273, 8.3: YCgCo is computed from RGB of limited range, the others are limited after
            span = np.float32(255 / (219 if matrix == _YCGCO else 224))
            luma = (luma - 16) * np.float32(255 / 219)
            blue, red = 128 + (blue - 128) * span, 128 + (red - 128) * span
        rgb = _from_luma(luma, blue - 128, red - 128, matrix, tags_of(frame)[1])
        return (np.clip(rgb, 0, 255) * np.float32(257)).astype(np.uint16)

    def _converted(
        self, frame: VideoFrame, layout: str, matrix: int = _ITU709, *, full: bool = True
    ) -> npt.NDArray[Any]:
        """Pixels of another layout, by one of swscale's matrices and the frame's own range."""
        converted = self._reformatter.reformat(
            frame,
            format=layout,
            src_colorspace=matrix,
            dst_colorspace=matrix,
            src_color_range=_FULL if is_full_range(frame) else _LIMITED,
            dst_color_range=_FULL if full else _LIMITED,
            threads=1,
        )
        return converted.to_ndarray()


def tags_of(frame: VideoFrame) -> tuple[int, int, int]:
    """Matrix, primaries and transfer of a decoded picture, by the numbers of H.273.

    A film with the primaries of BT.2020 and no matrix has that of BT.2020.
    """
    matrix, primaries = int(frame.colorspace), int(frame.color_primaries)
    if matrix == UNSPECIFIED and primaries == BT2020:
        matrix = _BT2020_MATRIX
    return matrix, primaries, int(frame.color_trc)


def guessed_matrix(frame: VideoFrame) -> int:
    """The matrix that players assume where a film does not say any."""
    return _ITU709 if frame.height >= _HD_HEIGHT else _ITU601


def colour_notices(frame: VideoFrame) -> tuple[str, ...]:
    """Sentences for people about tags that cannot be followed."""
    matrix, primaries, transfer = tags_of(frame)
    unknown = []
    if not _is_rgb(frame) and matrix not in {*_MATRICES, *_OWN_MATRICES, UNSPECIFIED}:
        unknown.append(f"colour matrix {matrix}")
    if primaries not in KNOWN_PRIMARIES:
        unknown.append(f"colour primaries {primaries}")
    if transfer not in {*KNOWN_TRANSFERS, PQ, HLG}:
        unknown.append(f"transfer curve {transfer}")
    found = []
    if unknown:
        found.append(
            f"The film is tagged with {', '.join(unknown)} (by the numbers of ITU-T H.273), which"
            " cannot be converted, so its colours may be wrong. Export it in BT.709."
        )
    if matrix in _WIDE_MATRICES and primaries == UNSPECIFIED and transfer not in (PQ, HLG):
        found.append(
            "The film has the colour matrix of BT.2020 and does not say which primaries it has:"
            " they are taken as those of BT.709. Tag it if its colours are pale."
        )
    return tuple(found)


def _is_rgb(frame: VideoFrame) -> bool:
    return frame.format.name.startswith(_RGB_LAYOUTS)


def _from_luma(
    luma: npt.NDArray[np.float32],
    blue: npt.NDArray[np.float32],
    red: npt.NDArray[np.float32],
    matrix: int,
    primaries: int,
) -> npt.NDArray[np.float32]:
    """RGB from luma and its two differences, for matrices that swscale does not have."""
    if matrix == _YCGCO:  # here the differences are green and orange
        return np.stack([luma - blue + red, luma + blue, luma - blue - red], axis=-1)
    of_red, of_blue = luma_weights(primaries)
    r, b = luma + 2 * (1 - of_red) * red, luma + 2 * (1 - of_blue) * blue
    return np.stack([r, (luma - of_red * r - of_blue * b) / (1 - of_red - of_blue), b], axis=-1)
