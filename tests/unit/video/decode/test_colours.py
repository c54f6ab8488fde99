"""Colours against independent values: matrices by formula, HDR by FFmpeg's filters."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from onmodel.video import inspect_film, sample_frames

SIZE = (192, 128)
PATCHES = np.array(
    [[200, 40, 40], [40, 180, 60], [50, 60, 210], [220, 220, 40], [128, 128, 128], [240, 240, 240]],
    float,
)  # RGB
# weights of red and blue in luma, by matrix tag
MATRICES = {
    1: (0.2126, 0.0722), 5: (0.299, 0.114), 6: (0.299, 0.114), 7: (0.212, 0.087),
    9: (0.2627, 0.0593),
}  # fmt: skip


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


# Bars and a skin tone, and what FFmpeg 5.1 makes of them by matrix, primaries and transfer:
#   zscale=p=bt709:t=bt709:m=gbr:r=pc,format=gbrp
# (t=iec61966-2-1 for sRGB, transfer 13, whose values a screen shows as they are)
BARS = np.array(
    [[191, 191, 191], [191, 191, 0], [0, 191, 191], [0, 191, 0], [191, 0, 191], [191, 0, 0],
     [0, 0, 191], [120, 60, 30]], float,
)  # fmt: skip
ZSCALE = {
    (9, 9, 14): [[191, 191, 191], [197, 191, 0], [0, 201, 191], [0, 201, 0], [232, 0, 198],
                 [236, 0, 0], [0, 0, 201], [144, 46, 6]],
    (1, 12, 1): [[191, 191, 191], [191, 191, 0], [0, 194, 192], [0, 194, 0], [208, 0, 198],
                 [208, 0, 0], [0, 0, 199], [130, 55, 15]],
    (1, 12, 13): [[191, 191, 191], [191, 191, 0], [0, 194, 192], [0, 194, 0], [209, 0, 199],
                  [209, 0, 0], [0, 0, 200], [130, 56, 21]],
    (6, 6, 6): [[191, 191, 191], [190, 189, 0], [59, 190, 191], [55, 188, 0], [187, 47, 192],
                [186, 36, 0], [28, 35, 192], [117, 62, 29]],
    (5, 5, 5): [[182, 182, 182], [182, 181, 29], [0, 182, 181], [0, 182, 29], [185, 0, 182],
                [185, 0, 0], [0, 0, 182], [107, 47, 22]],
    (7, 7, 7): [[191, 191, 191], [190, 190, 0], [59, 189, 190], [55, 188, 0], [188, 47, 190],
                [187, 36, 0], [28, 34, 191], [118, 61, 30]],
    (1, 11, 1): [[191, 191, 191], [192, 191, 0], [0, 194, 192], [0, 194, 0], [203, 0, 198],
                 [203, 0, 0], [0, 0, 199], [127, 55, 17]],
    (1, 22, 1): [[191, 191, 191], [191, 188, 0], [0, 189, 190], [0, 186, 0], [193, 56, 192],
                 [193, 37, 0], [12, 46, 192], [122, 62, 30]],
    (1, 1, 4): [[196, 196, 196], [196, 195, 0], [0, 196, 195], [0, 195, 0], [196, 1, 197],
                [196, 0, 1], [0, 1, 196], [129, 68, 37]],
    (1, 1, 8): [[226, 226, 226], [226, 226, 0], [0, 226, 226], [0, 226, 0], [226, 17, 227],
                [226, 7, 21], [0, 16, 226], [187, 140, 106]],
}  # fmt: skip


def tagged(path: Path, values: np.ndarray, matrix: int, primaries: int, transfer: int) -> Path:
    write(
        path, patches(values, np.uint8), "yuv444p",
        colorspace=matrix, color_range=1, color_primaries=primaries, color_trc=transfer,
    )  # fmt: skip
    return path


@pytest.mark.parametrize("tags", ZSCALE)
def test_sample_frames_when_film_has_its_own_colours_then_as_zscale_converts_them(tmp_path, tags):
    path = tagged(tmp_path / "bars.mkv", coded(BARS, tags[0], full=False), *tags)
    assert np.abs(shown(path, len(BARS)) - np.array(ZSCALE[tags])).max() <= 3


@pytest.mark.parametrize("full", [False, True])
def test_sample_frames_when_matrix_is_ycgco_then_the_colours_that_were_coded(tmp_path, full):
    """By H.273, 8.3: RGB is limited first, then its sums and differences are coded."""
    red, green, blue = (BARS if full else BARS * 219 / 255).T
    luma, orange = (red + 2 * green + blue) / 4, (red - blue) / 2
    values = np.stack([luma + (0 if full else 16), green - luma + 128, orange + 128], 1).round()
    path = tmp_path / "ycgco.mkv"
    write(
        path, patches(values, np.uint8), "yuv444p",
        colorspace=8, color_range=2 if full else 1, color_primaries=1, color_trc=1,
    )  # fmt: skip
    assert np.abs(shown(path, len(BARS)) - BARS).max() <= 3


def test_sample_frames_when_matrix_follows_from_the_primaries_then_as_that_matrix(tmp_path):
    values = coded(BARS, 1, full=False)
    path = tagged(tmp_path / "derived.mkv", values, 12, 1, 1)
    assert np.abs(shown(path, len(BARS)) - BARS).max() <= 3


def notices(path: Path) -> tuple[str, ...]:
    with path.open("rb") as file:
        return inspect_film(file, size_bytes=path.stat().st_size).facts.notices


@pytest.mark.parametrize(
    ("tags", "words"),
    [
        ((14, 9, 16), "colour matrix 14"),
        ((10, 9, 14), "colour matrix 10"),
        ((1, 1, 9), "transfer curve 9"),
        ((9, 2, 14), "does not say which primaries"),
    ],
)
def test_inspect_film_when_tags_cannot_be_followed_then_a_notice(tmp_path, tags, words):
    (notice,) = notices(tagged(tmp_path / "odd.mkv", coded(BARS, 1, full=False), *tags))
    assert words in notice


@pytest.mark.parametrize(
    "tags", [*ZSCALE, (2, 2, 2), (9, 9, 16), (9, 9, 18), (8, 1, 1), (2, 9, 14)]
)
def test_inspect_film_when_tags_are_known_or_missing_then_no_notice(tmp_path, tags):
    assert notices(tagged(tmp_path / "known.mkv", coded(BARS, 1, full=False), *tags)) == ()
