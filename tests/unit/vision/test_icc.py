"""ICC profiles against Little CMS, which Pillow's ImageCms calls."""

from __future__ import annotations

import io

import numpy as np
import pytest
from drawn.profiles import (
    ADOBE,
    D50,
    D65,
    P3,
    PROPHOTO,
    SRGB,
    SRGB_CURVE,
    matrix_profile,
    parametric,
    power,
    profile,
    table,
)
from PIL import Image, ImageCms

from onmodel.vision.icc import MatrixProfile, ProfileNotConvertible, profile_name

PROFILES = {
    "Display P3": matrix_profile(P3, D65, SRGB_CURVE),
    "Adobe RGB": matrix_profile(ADOBE, D65, power(563 / 256)),
    "ProPhoto": matrix_profile(PROPHOTO, D50, power(1.8)),
    "ProPhoto, straight near black": matrix_profile(
        PROPHOTO, D50, parametric(3, 1.8, 1, 0, 1 / 16, 0.03125)
    ),
    "power of a line": matrix_profile(P3, D65, parametric(1, 2.2, 1.05, -0.05)),
    "power of a line and an offset": matrix_profile(P3, D65, parametric(2, 2.2, 1.05, -0.05, 0.0)),
    "seven numbers": matrix_profile(
        P3, D65, parametric(4, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045, 0.0, 0.0)
    ),
    "table": matrix_profile(ADOBE, D65, table(*(np.linspace(0, 1, 1024) ** 2.2))),
    "linear": matrix_profile(SRGB, D65, table()),
}


def cube() -> np.ndarray:
    """(1, 4913, 3) uint8: 17 steps of each channel."""
    steps = np.linspace(0, 255, 17).round().astype(np.uint8)
    return np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(1, -1, 3)


@pytest.mark.parametrize("name", PROFILES)
def test_converted_when_profile_has_a_matrix_then_within_two_levels_of_little_cms(name):
    expected = ImageCms.profileToProfile(
        Image.fromarray(cube()),
        ImageCms.ImageCmsProfile(io.BytesIO(PROFILES[name])),
        ImageCms.createProfile("sRGB"),
    )
    found = MatrixProfile.parse(PROFILES[name]).converted(cube()[..., ::-1])[..., ::-1]
    assert np.abs(found.astype(int) - np.asarray(expected)).max() <= 2
    assert np.abs(found.astype(int) - cube()).max() > 10


def test_converted_when_profile_is_srgb_then_the_same_array():
    picture = cube()
    assert MatrixProfile.parse(matrix_profile(SRGB, D65, SRGB_CURVE)).converted(picture) is picture


def test_converted_when_profile_is_of_grey_then_its_curve_alone():
    grey = profile(b"GRAY", b"mntr", {b"kTRC": power(1.0)})
    shown = MatrixProfile.parse(grey).converted(np.full((1, 1, 3), 55, np.uint8))
    assert shown.tolist() == [[[128, 128, 128]]]  # sRGB of linear 0.2157


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no profile" * 40,
        profile(b"CMYK", b"prtr", {b"A2B0": bytes(40)}),
        profile(b"RGB ", b"mntr", {b"A2B0": bytes(40)}),
        matrix_profile(P3, D65, b"text\0\0\0\0none"),
        matrix_profile(P3, D65, parametric(9, 1.0)),
        PROFILES["table"][:3000],
        PROFILES["Display P3"][:200],
    ],
)
def test_parse_when_profile_has_no_matrix_or_is_damaged_then_not_convertible(data):
    with pytest.raises(ProfileNotConvertible):
        MatrixProfile.parse(data)


def test_profile_name_when_described_then_the_printable_text():
    named = matrix_profile(P3, D65, SRGB_CURVE, name="Display\u202e P3")
    assert profile_name(named) == "Display P3"
    assert profile_name(b"") == ""
