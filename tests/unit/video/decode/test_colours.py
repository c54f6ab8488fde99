"""Colours against independent values: matrices by formula, HDR by FFmpeg's filters."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from onmodel.video import sample_frames

SIZE = (192, 128)
PATCHES = np.array(
    [[200, 40, 40], [40, 180, 60], [50, 60, 210], [220, 220, 40], [128, 128, 128], [240, 240, 240]],
    float,
)  # RGB
# weights of red and blue in luma, by matrix tag
MATRICES = {1: (0.2126, 0.0722), 5: (0.299, 0.114), 9: (0.2627, 0.0593)}


def coded(rgb: np.ndarray, matrix: int, *, full: bool) -> np.ndarray:
    """(patches, 3) Y, Cb, Cr as 8-bit numbers: the definition in BT.709, BT.601, BT.2020."""
    red, blue = MATRICES[matrix]
    luma = rgb @ [red, 1 - red - blue, blue]
    cb, cr = (rgb[:, 2] - luma) / (2 * (1 - blue)), (rgb[:, 0] - luma) / (2 * (1 - red))
    if full:
        return np.stack([luma, cb + 128, cr + 128], 1).round()
    return np.stack([luma * 219 / 255 + 16, cb * 224 / 255 + 128, cr * 224 / 255 + 128], 1).round()


def write(path: Path, planes: list[np.ndarray], pixel_format: str, **tags: int) -> None:
    with av.open(str(path), "w") as output:
        stream: Any = output.add_stream("ffv1", rate=24)
        stream.width, stream.height, stream.pix_fmt = *SIZE, pixel_format
        for name, value in tags.items():
            setattr(stream.codec_context, name, value)
        frame = av.VideoFrame(*SIZE, pixel_format)
        for plane, values in zip(frame.planes, planes, strict=True):
            rows = np.zeros((plane.height, plane.line_size // values.itemsize), values.dtype)
            rows[:, : plane.width] = values
            plane.update(rows.tobytes())
        for name, value in tags.items():
            setattr(frame, name, value)
        frame.pts, frame.time_base = 0, Fraction(1, 24)
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))


def patches(values: np.ndarray, dtype: type) -> list[np.ndarray]:
    """Planes of full resolution with the patches side by side."""
    wide = SIZE[0] // len(values)
    return [
        np.repeat(np.repeat(values[None, :, channel], wide, 1), SIZE[1], 0).astype(dtype)
        for channel in range(3)
    ]


def shown(path: Path, count: int) -> np.ndarray:
    """(patches, 3) RGB of the sampled frame, from the middle of each patch."""
    pixels = next(sample_frames(path)).pixels
    wide = SIZE[0] // count
    return np.array([pixels[64, wide * index + wide // 2, ::-1] for index in range(count)], float)


@pytest.mark.parametrize("matrix", [1, 5, 9])
@pytest.mark.parametrize("full", [False, True])
def test_sample_frames_when_film_is_tagged_then_matrix_and_range_of_the_tags(
    tmp_path, matrix, full
):
    path = tmp_path / "tagged.mkv"
    values = coded(PATCHES, matrix, full=full)
    write(
        path, patches(values, np.uint8), "yuv444p", colorspace=matrix, color_range=2 if full else 1
    )
    assert np.abs(shown(path, len(PATCHES)) - PATCHES).max() <= 3


def test_sample_frames_when_small_film_is_untagged_then_bt601(tmp_path):
    path = tmp_path / "untagged.mkv"
    write(path, patches(coded(PATCHES, 5, full=False), np.uint8), "yuv444p")
    assert np.abs(shown(path, len(PATCHES)) - PATCHES).max() <= 3


def test_sample_frames_when_ten_bits_then_same_colours(tmp_path):
    path = tmp_path / "deep.mkv"
    values = coded(PATCHES, 1, full=False) * 4
    write(path, patches(values, np.uint16), "yuv444p10le", colorspace=1, color_range=1)
    assert np.abs(shown(path, len(PATCHES)) - PATCHES).max() <= 3


# A grey ramp in PQ and in HLG, converted by FFmpeg 5.1 with
#   zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,tonemap=hable:desat=0,
#   zscale=t=bt709:m=bt709:r=tv
HDR_GREY = {16: [56, 98, 151, 207, 248, 255], 18: [70, 98, 123, 153, 185, 206]}


@pytest.mark.parametrize("transfer", HDR_GREY)
def test_sample_frames_when_hdr_then_luma_within_ten_percent_of_ffmpegs_tone_map(
    tmp_path, transfer
):
    path = tmp_path / "hdr.mkv"
    levels = np.array([300, 400, 500, 600, 700, 760])
    values = np.stack([levels, np.full(6, 512), np.full(6, 512)], 1)
    write(
        path, patches(values, np.uint16), "yuv444p10le",
        colorspace=9, color_range=1, color_primaries=9, color_trc=transfer,
    )  # fmt: skip
    grey = shown(path, 6).mean(axis=1)
    reference = np.array(HDR_GREY[transfer])
    assert abs(grey.mean() - reference.mean()) < 0.1 * reference.mean()
    assert np.abs(grey - reference).max() < 12
