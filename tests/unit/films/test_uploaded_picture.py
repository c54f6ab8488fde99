"""References by their content: AVIF as phones and editors write it, small and foreign files."""

from __future__ import annotations

import io

import numpy as np
import pytest
from drawn.profiles import ADOBE, D65, matrix_profile, power
from fakes.object_store import InMemoryObjectStore
from PIL import Image, ImageCms, ImageOps

from onmodel.errors import ReferenceRefused
from onmodel.films.uploaded_picture import read_uploaded_picture
from onmodel.vision.decoding import DecodedPicture

QUARTERS = np.zeros((96, 128, 4), np.uint8)
QUARTERS[..., 3] = 255
QUARTERS[:48, :64, 0], QUARTERS[:48, 64:, 1], QUARTERS[48:, :64, 2] = 220, 180, 200
QUARTERS[48:, 64:, :3] = 240


def avif(pixels: np.ndarray, *, orientation: int = 1, profile: bytes | None = None) -> bytes:
    exif, file = Image.Exif(), io.BytesIO()
    exif[0x0112] = orientation
    picture = Image.fromarray(pixels)
    picture.save(file, "AVIF", quality=100, subsampling="4:4:4", exif=exif, icc_profile=profile)
    return file.getvalue()


def read(data: bytes, name: str = "a.jpg") -> DecodedPicture:
    store = InMemoryObjectStore("uploads")
    store.put(name, data, "image/jpeg")
    return read_uploaded_picture(store, name)


def refused(data: bytes) -> str:
    with pytest.raises(ReferenceRefused) as caught:
        read(data)
    return str(caught.value)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_read_uploaded_picture_when_avif_under_another_suffix_then_upright(orientation):
    upright = ImageOps.exif_transpose(_with_exif(QUARTERS[..., :3], orientation))
    shown = read(avif(QUARTERS[..., :3], orientation=orientation)).pixels[..., ::-1]
    assert shown.shape == np.asarray(upright).shape
    assert np.abs(shown.astype(int) - np.asarray(upright)).max() <= 4


def _with_exif(pixels: np.ndarray, orientation: int) -> Image.Image:
    file, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(pixels).save(file, "PNG", exif=exif)
    return Image.open(io.BytesIO(file.getvalue()))


def test_read_uploaded_picture_when_avif_is_transparent_then_on_neutral_grey():
    cut_out = QUARTERS.copy()
    cut_out[48:, :, 3] = 0
    shown = read(avif(cut_out)).pixels
    assert np.abs(shown[70, 100].astype(int) - 128).max() <= 1
    assert np.abs(shown[20, 20].astype(int) - (0, 0, 220)).max() <= 4


def test_read_uploaded_picture_when_avif_has_a_profile_then_in_srgb():
    profile = matrix_profile(ADOBE, D65, power(563 / 256))
    expected = ImageCms.profileToProfile(
        Image.fromarray(QUARTERS[..., :3]),
        ImageCms.ImageCmsProfile(io.BytesIO(profile)),
        ImageCms.createProfile("sRGB"),
    )
    shown = read(avif(QUARTERS[..., :3], profile=profile))
    assert np.abs(shown.pixels[20, 20, ::-1].astype(int) - expected.getpixel((20, 20))).max() <= 4
    assert shown.notices == ()


def test_read_uploaded_picture_when_avif_is_cut_off_then_refused():
    noise = np.random.default_rng(1).integers(0, 255, (96, 128, 3), np.uint8)
    data = avif(noise)
    assert "damaged or cut off" in refused(data[: len(data) // 2])


def test_read_uploaded_picture_when_avif_is_small_or_large_then_refused():
    assert "fewer than 16" in refused(avif(QUARTERS[:12, :12]))
    assert "only 128 × 48 pixels" in refused(avif(QUARTERS[:48]))


def test_read_uploaded_picture_when_a_jpeg_is_called_jfif_then_read():
    file = io.BytesIO()
    Image.fromarray(QUARTERS[..., :3]).save(file, "JPEG")
    assert read(file.getvalue(), "a.jfif").pixels.shape == (96, 128, 3)
