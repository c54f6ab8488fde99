import cv2
import numpy as np
import pytest

from onmodel.vision.decoding import decode_picture
from onmodel.vision.encoding import (
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
    assert np.array_equal(decode_picture(encode_picture(NOISE, "png")).pixels, NOISE)


def test_encode_picture_when_jpeg_then_colour_edges_stay() -> None:
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = (0, 0, 255)  # red columns of one pixel: 4:2:0 would halve their colour
    decoded = decode_picture(encode_picture(stripes, "jpeg")).pixels
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
    assert decode_picture(data).pixels.shape[1] < 1280


def test_thumbnail_when_made_then_small() -> None:
    data = thumbnail(NOISE)
    assert decode_picture(data).pixels.shape == (135, 240, 3)
    assert len(data) < 40_000
