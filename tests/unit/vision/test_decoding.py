"""Pictures as they are meant: upright, in sRGB, on neutral grey."""

from __future__ import annotations

import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from drawn.profiles import ADOBE, D65, P3, matrix_profile, power, table
from drawn.profiles import profile as icc_profile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageOps

from onmodel.errors import ReferenceRefused
from onmodel.vision.decoding import decode_picture
from onmodel.vision.encoding import encode_picture

NOISE = np.random.default_rng(1).integers(0, 255, (720, 1280, 3), np.uint8)


def gradient(height: int, width: int) -> np.ndarray:
    ramp = np.linspace(0, 255, width, dtype=np.uint8)
    return np.dstack([np.tile(ramp, (height, 1))] * 3)


def encoded(suffix: str, pixels: np.ndarray) -> bytes:
    return bytes(cv2.imencode(suffix, pixels)[1])


def exif_turned(jpeg: bytes, orientation: int) -> bytes:
    tiff = b"MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01"
    body = b"Exif\x00\x00" + tiff + struct.pack(">HHI", orientation, 0, 0)
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


def test_decode_picture_when_exif_says_turned_then_upright() -> None:
    stored = gradient(60, 100)
    upright = decode_picture(exif_turned(encode_picture(stored, "jpeg"), 6)).pixels
    assert upright.shape == (100, 60, 3)
    assert upright[0].mean() < 20
    assert upright[-1].mean() > 235


@pytest.mark.parametrize("suffix", [".png", ".webp"])
def test_decode_picture_when_transparent_then_on_neutral_grey(suffix: str) -> None:
    cut_out = np.zeros((32, 32, 4), np.uint8)
    cut_out[8:24, 8:24] = (10, 200, 30, 255)
    pixels = decode_picture(encoded(suffix, cut_out)).pixels
    assert pixels.shape == (32, 32, 3)
    assert tuple(pixels[0, 0]) == (128, 128, 128)
    assert np.abs(pixels[16, 16].astype(int) - (10, 200, 30)).max() <= 6


def test_decode_picture_when_grey_or_16_bits_then_three_channels_of_8() -> None:
    grey = np.full((32, 40), 65535, np.uint16)
    assert np.array_equal(
        decode_picture(encoded(".png", grey)).pixels, np.full((32, 40, 3), 255, np.uint8)
    )
    assert decode_picture(encoded(".jpg", np.full((32, 40), 7, np.uint8))).pixels.shape == (
        32,
        40,
        3,
    )


def png_bomb(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(100_000)))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("width", "height"), [(60_000, 60_000), (20_000, 20), (0, 50), (9000, 9000)]
)
def test_decode_picture_when_header_declares_too_many_pixels_then_refused_before_decoding(
    width: int, height: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decoder(*_: object) -> None:
        raise AssertionError("the bomb was decoded")

    monkeypatch.setattr(cv2, "imdecode", decoder)
    with pytest.raises(ReferenceRefused, match="declares"):
        decode_picture(png_bomb(width, height))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xd8\xff",
        b"GIF89a" + bytes(100),
        b"<svg/>",
        b"%PDF-1.7",
        b"RIFF\x00\x00\x00\x00WEBPVP8 ",
        b"\x89PNG\r\n\x1a\n" + bytes(40),
    ],
)
def test_decode_picture_when_no_picture_then_refused(data: bytes) -> None:
    with pytest.raises(ReferenceRefused, match="no picture"):
        decode_picture(data)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_decode_picture_when_cut_off_then_refused(suffix: str, share: float) -> None:
    data = encoded(suffix, NOISE)
    with pytest.raises(ReferenceRefused, match="damaged or cut off"):
        decode_picture(data[: int(len(data) * share)])


def test_decode_picture_when_the_file_is_huge_then_refused() -> None:
    with pytest.raises(ReferenceRefused, match="bytes, more than"):
        decode_picture(bytes(50_000_001))


SMALL = {suffix: encoded(suffix, NOISE[:40, :60]) for suffix in (".png", ".jpg", ".webp")}


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(sorted(SMALL)),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=6),
    st.integers(0, 5000),
)
def test_decode_picture_when_bytes_are_mutated_then_pixels_or_refusal(
    suffix: str, changes: list[tuple[int, int]], length: int
) -> None:
    mutated = io.BytesIO(SMALL[suffix])
    for at, value in changes:
        mutated.seek(at)
        mutated.write(bytes([value]))
    data = mutated.getvalue()[: length or None]
    try:
        pixels = decode_picture(data).pixels
    except ReferenceRefused:
        return
    assert pixels.dtype == np.uint8
    assert pixels.ndim == 3
    assert pixels.shape[2] == 3


def drawn_by_pillow(kind: str, *, orientation: int = 1, profile: bytes = b"") -> bytes:
    """A quarter each of red, green, blue and white; 96 × 64 pixels."""
    picture = np.zeros((64, 96, 3), np.uint8)
    picture[:32, :48], picture[:32, 48:], picture[32:, :48] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    picture[32:, 48:] = 255
    exif, file = Image.Exif(), io.BytesIO()
    exif[0x0112] = orientation
    how = {"WEBP": {"lossless": True}, "JPEG": {"quality": 100, "subsampling": 0}}.get(kind, {})
    Image.fromarray(picture).save(file, kind, exif=exif, icc_profile=profile or None, **how)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_decode_picture_when_exif_has_an_orientation_then_as_pillow_turns_it(
    kind: str, orientation: int
) -> None:
    data = drawn_by_pillow(kind, orientation=orientation)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB"))
    shown = decode_picture(data).pixels[..., ::-1]
    assert shown.shape == expected.shape
    assert np.abs(shown.astype(int) - expected).max() <= 3


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_decode_picture_when_profile_is_wide_then_converted_to_srgb(kind: str) -> None:
    data = drawn_by_pillow(kind, profile=matrix_profile(ADOBE, D65, power(563 / 256)))
    source = Image.open(io.BytesIO(data)).convert("RGB")
    profile = ImageCms.ImageCmsProfile(io.BytesIO(source.info["icc_profile"]))
    expected = ImageCms.profileToProfile(source, profile, ImageCms.createProfile("sRGB"))
    picture = decode_picture(data)
    assert np.abs(picture.pixels[..., ::-1].astype(int) - np.asarray(expected)).max() <= 3
    assert picture.notices == ()


def test_decode_picture_when_profile_has_many_segments_then_joined() -> None:
    points = np.linspace(0, 1, 40_000) ** 2.2  # 240 KB: more than a JPEG segment holds
    data = drawn_by_pillow("JPEG", profile=matrix_profile(P3, D65, table(*points)))
    assert decode_picture(data).notices == ()


def test_decode_picture_when_profile_has_tables_then_a_notice_with_its_name() -> None:
    desc = b"desc\0\0\0\0" + struct.pack(">I", 11) + b"Print shop\0"
    tables = icc_profile(b"RGB ", b"prtr", {b"desc": desc, b"A2B0": bytes(64)})
    plain, tagged = drawn_by_pillow("PNG"), drawn_by_pillow("PNG", profile=tables)
    picture = decode_picture(tagged)
    assert np.array_equal(picture.pixels, decode_picture(plain).pixels)
    (notice,) = picture.notices
    assert notice == (
        "its colour profile “Print shop” cannot be converted, so its colours may differ: "
        "export it in sRGB"
    )


def test_decode_picture_when_transparent_and_turned_then_both() -> None:
    cut_out = np.zeros((32, 64, 4), np.uint8)
    cut_out[:, :32] = (255, 0, 0, 255)
    exif, file = Image.Exif(), io.BytesIO()
    exif[0x0112] = 6
    Image.fromarray(cut_out).save(file, "WEBP", lossless=True, exif=exif)
    pixels = decode_picture(file.getvalue()).pixels
    assert pixels.shape == (64, 32, 3)
    assert tuple(pixels[10, 16]) == (0, 0, 255)
    assert tuple(pixels[50, 16]) == (128, 128, 128)


@pytest.mark.parametrize("brand", [b"heic", b"mif1", b"heix"])
def test_decode_picture_when_heic_then_refused_with_what_to_do(brand: bytes) -> None:
    data = struct.pack(">I4s4sI4s", 20, b"ftyp", brand, 0, b"mif1") + bytes(100)
    with pytest.raises(ReferenceRefused, match=r"HEIC.*Export it as JPEG"):
        decode_picture(data)
