import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onmodel.errors import ReferenceRefused
from onmodel.vision.encoding import (
    decode_picture,
    encode_for_service,
    encode_picture,
    thumbnail,
)
from onmodel.vision.picture_header import read_header

NOISE = np.random.default_rng(1).integers(0, 255, (720, 1280, 3), np.uint8)


def gradient(height: int, width: int) -> np.ndarray:
    ramp = np.linspace(0, 255, width, dtype=np.uint8)
    return np.dstack([np.tile(ramp, (height, 1))] * 3)


def encoded(suffix: str, pixels: np.ndarray) -> bytes:
    return bytes(cv2.imencode(suffix, pixels)[1])


def test_encode_picture_when_png_then_lossless() -> None:
    assert np.array_equal(decode_picture(encode_picture(NOISE, "png")), NOISE)


def test_encode_picture_when_jpeg_then_colour_edges_stay() -> None:
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = (0, 0, 255)  # red columns of one pixel: 4:2:0 would halve their colour
    decoded = decode_picture(encode_picture(stripes, "jpeg"))
    assert np.abs(decoded.astype(int) - stripes).mean() < 8


def test_encode_picture_when_repeated_then_the_same_bytes() -> None:
    assert encode_picture(NOISE, "jpeg") == encode_picture(NOISE.copy(), "jpeg")


@pytest.mark.parametrize(
    ("size", "longest", "expected"),
    [
        ((720, 1280), 1280, (1280, 720)),
        ((2160, 3840), 1280, (1280, 720)),
        ((2160, 3840), 2048, (2048, 1152)),
        ((40, 60), 1280, (120, 80)),  # Rekognition takes no side under 80
    ],
)
def test_encode_for_service_when_given_a_size_then_fits_the_services(
    size: tuple[int, int], longest: int, expected: tuple[int, int]
) -> None:
    header = read_header(encode_for_service(gradient(*size), longest))
    assert header is not None
    assert (header.format, header.width, header.height) == ("jpeg", *expected)


def test_encode_for_service_when_noise_is_too_large_then_shrunk_under_the_limit() -> None:
    data = encode_for_service(NOISE, limit_bytes=60_000)
    assert len(data) <= 60_000
    assert decode_picture(data).shape[1] < 1280


def test_thumbnail_when_made_then_small() -> None:
    data = thumbnail(NOISE)
    assert decode_picture(data).shape == (135, 240, 3)
    assert len(data) < 40_000


def exif_turned(jpeg: bytes, orientation: int) -> bytes:
    tiff = b"MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01"
    body = b"Exif\x00\x00" + tiff + struct.pack(">HHI", orientation, 0, 0)
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


def test_decode_picture_when_exif_says_turned_then_upright() -> None:
    stored = gradient(60, 100)
    upright = decode_picture(exif_turned(encode_picture(stored, "jpeg"), 6))
    assert upright.shape == (100, 60, 3)
    assert upright[0].mean() < 20
    assert upright[-1].mean() > 235


@pytest.mark.parametrize("suffix", [".png", ".webp"])
def test_decode_picture_when_transparent_then_on_neutral_grey(suffix: str) -> None:
    cut_out = np.zeros((32, 32, 4), np.uint8)
    cut_out[8:24, 8:24] = (10, 200, 30, 255)
    pixels = decode_picture(encoded(suffix, cut_out))
    assert pixels.shape == (32, 32, 3)
    assert tuple(pixels[0, 0]) == (128, 128, 128)
    assert np.abs(pixels[16, 16].astype(int) - (10, 200, 30)).max() <= 6


def test_decode_picture_when_grey_or_16_bits_then_three_channels_of_8() -> None:
    grey = np.full((32, 40), 65535, np.uint16)
    assert np.array_equal(
        decode_picture(encoded(".png", grey)), np.full((32, 40, 3), 255, np.uint8)
    )
    assert decode_picture(encoded(".jpg", np.full((32, 40), 7, np.uint8))).shape == (32, 40, 3)


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
        pixels = decode_picture(data)
    except ReferenceRefused:
        return
    assert pixels.dtype == np.uint8
    assert pixels.ndim == 3
    assert pixels.shape[2] == 3
