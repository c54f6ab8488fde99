"""References by their content: AVIF as phones and editors write it, small and foreign files."""

from __future__ import annotations

import io

import numpy as np
import pytest
from drawn.heif import ALPHA, coded, grid, heif
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


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_read_uploaded_picture_when_it_has_a_single_colour_then_refused(kind):
    file = io.BytesIO()
    Image.new("RGB", (128, 96), (180, 30, 77)).save(file, kind)
    assert refused(file.getvalue()).startswith("the picture has a single colour")


def test_read_uploaded_picture_when_it_is_wholly_transparent_then_refused():
    clear, file = QUARTERS.copy(), io.BytesIO()
    clear[..., 3] = 0
    Image.fromarray(clear).save(file, "PNG")
    assert "wholly transparent" in refused(file.getvalue())


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


@pytest.mark.parametrize("opacity", [None, 255, 0])
def test_read_uploaded_picture_when_avif_is_animated_then_its_first_picture(opacity):
    shades = [QUARTERS[..., :3], 255 - QUARTERS[..., :3]]
    if opacity is not None:
        shades = [np.dstack([each, np.full(each.shape[:2], opacity, np.uint8)]) for each in shades]
        shades[0][:4, :4, 3] = 128
    first, *others = (Image.fromarray(each) for each in shades)
    file = io.BytesIO()
    first.save(file, "AVIF", quality=100, subsampling="4:4:4", save_all=True, append_images=others)
    shown = read(file.getvalue()).pixels
    expected = (128, 128, 128) if opacity == 0 else (0, 0, 220)
    assert np.abs(shown[20, 20].astype(int) - expected).max() <= 4


def test_read_uploaded_picture_when_avif_has_a_thumbnail_first_then_its_own_picture():
    thumbnail, picture = coded(255 - QUARTERS[::2, ::2, :3]), coded(QUARTERS[..., :3])
    shown = read(heif([thumbnail, picture], 2, [(b"thmb", 1, [2])])).pixels
    assert shown.shape == (96, 128, 3)
    assert np.abs(shown[20, 20].astype(int) - (0, 0, 220)).max() <= 4


@pytest.mark.parametrize("is_alpha", [True, False])
@pytest.mark.parametrize("premultiplied", [True, False])
def test_read_uploaded_picture_when_avif_has_an_auxiliary_item_then_alpha_alone_is_applied(
    is_alpha, premultiplied
):
    urn = ALPHA if is_alpha else b"urn:mpeg:mpegB:cicp:systems:auxiliary:depth\0"
    mask = np.full((96, 128), 255, np.uint8)
    mask[:, :64] = 128
    items = [coded(QUARTERS[..., :3]), coded(mask, urn)]
    references = [(b"auxl", 2, [1]), *([(b"prem", 1, [2])] if premultiplied else [])]
    shown = read(heif(items, 1, references)).pixels
    half, whole = shown[20, 20].astype(int), shown[20, 100].astype(int)
    assert np.abs(whole - (0, 180, 0)).max() <= 4
    if not is_alpha:
        assert np.abs(half - (0, 0, 220)).max() <= 4
    elif premultiplied:  # the colours hold half of what they mean: 255, clipped
        assert np.abs(half - (64, 64, 192)).max() <= 4
    else:
        assert np.abs(half - (64, 64, 174)).max() <= 4


def test_read_uploaded_picture_when_avif_is_put_together_of_tiles_then_refused():
    tiles = [coded(QUARTERS[:, :64, :3]), coded(QUARTERS[:, 64:, :3])]
    data = heif([*tiles, grid(1, 2, 128, 96)], 3, [(b"dimg", 3, [1, 2])])
    assert "put together of tiles" in refused(data)
    assert "Export it as JPEG" in refused(data)


def test_read_uploaded_picture_when_webp_is_animated_then_its_first_picture():
    file = io.BytesIO()
    first, other = Image.fromarray(QUARTERS), Image.fromarray(255 - QUARTERS)
    first.save(file, "WEBP", save_all=True, append_images=[other], duration=100, lossless=True)
    shown = read(file.getvalue(), "a.webp")
    assert np.array_equal(shown.pixels[20, 20], (0, 0, 220))


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_rows": 1}])
@pytest.mark.parametrize("damage", ["zeros", "cut out"])
def test_read_uploaded_picture_when_a_jpeg_is_damaged_in_the_middle_then_a_notice(options, damage):
    noise = np.random.default_rng(1).integers(0, 255, (48, 64, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).resize((512, 384)).save(file, "JPEG", **options)
    whole = file.getvalue()
    assert read(whole).notices == ()
    assert read(whole + b"appended by a camera").notices == ()
    middle = len(whole) // 2
    hole = bytes(400) if damage == "zeros" else b""
    (notice,) = read(whole[:middle] + hole + whole[middle + 400 :]).notices
    assert "a part of the JPEG is damaged" in notice
