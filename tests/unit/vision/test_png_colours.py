"""PNG without an ICC profile: colours and transparency that its own chunks name."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from drawn.profiles import ADOBE, D65, P3, SRGB, SRGB_CURVE, Chromaticities, matrix_profile, power
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from onmodel.vision.decoding import decode_picture

STEPS = np.array([0, 40, 128, 220, 255], np.uint8)
COLOURS = np.stack(np.meshgrid(STEPS, STEPS, STEPS), axis=-1).reshape(5, 25, 3)
PICTURE = COLOURS.repeat(8, axis=0).repeat(8, axis=1)


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(*chunks: tuple[bytes, bytes], profile: bytes | None = None) -> bytes:
    file = io.BytesIO()
    Image.fromarray(PICTURE).save(file, "PNG", icc_profile=profile)
    data = file.getvalue()
    return data[:33] + b"".join(chunk(*each) for each in chunks) + data[33:]


def chrm(primaries: Chromaticities, white: tuple[float, float] = D65) -> tuple[bytes, bytes]:
    numbers = [value for point in (white, *primaries) for value in point]
    return b"cHRM", struct.pack(">8I", *(round(value * 100_000) for value in numbers))


def gama(exponent: float) -> tuple[bytes, bytes]:
    return b"gAMA", struct.pack(">I", round(exponent * 100_000))


def by_profile(primaries: Chromaticities, curve: bytes) -> np.ndarray:
    profile = ImageCms.ImageCmsProfile(io.BytesIO(matrix_profile(primaries, D65, curve)))
    shown = ImageCms.profileToProfile(
        Image.fromarray(PICTURE), profile, ImageCms.createProfile("sRGB")
    )
    return np.asarray(shown)


@pytest.mark.parametrize(
    ("chunks", "primaries", "curve"),
    [
        ([chrm(ADOBE), gama(256 / 563)], ADOBE, power(563 / 256)),
        ([chrm(P3), gama(1 / 2.2)], P3, power(2.2)),
        ([chrm(P3)], P3, SRGB_CURVE),
        ([gama(1 / 1.8)], SRGB, power(1.8)),
        ([gama(1.0)], SRGB, power(1.0)),
        ([(b"cICP", bytes([12, 13, 0, 1]))], P3, SRGB_CURVE),
        ([(b"cICP", bytes([12, 13, 0, 1])), (b"sRGB", b"\0"), gama(1.0)], P3, SRGB_CURVE),
        ([(b"cICP", bytes([1, 8, 0, 1]))], SRGB, power(1.0)),
    ],
)
def test_decode_picture_when_a_png_names_its_colours_then_as_its_profile_would_convert_them(
    chunks, primaries, curve
) -> None:
    picture = decode_picture(png(*chunks))
    expected = by_profile(primaries, curve)
    assert np.abs(picture.pixels[..., ::-1].astype(int) - expected).max() <= 3
    assert picture.notices == ()
    assert np.abs(picture.pixels[..., ::-1].astype(int) - PICTURE).max() > 10


@pytest.mark.parametrize(
    "chunks",
    [
        [],
        [gama(1 / 2.2)],
        [chrm(SRGB), gama(0.45455)],
        [(b"sRGB", b"\0"), chrm(P3), gama(1.0)],
        [(b"cICP", bytes([1, 13, 0, 1])), chrm(P3), gama(1.0)],
    ],
)
def test_decode_picture_when_a_png_is_srgb_then_its_values(chunks) -> None:
    picture = decode_picture(png(*chunks))
    assert np.array_equal(picture.pixels[..., ::-1], PICTURE)
    assert picture.notices == ()


def test_decode_picture_when_a_png_has_a_profile_too_then_the_profile_unless_cicp() -> None:
    profile = matrix_profile(P3, D65, SRGB_CURVE)
    by_both = decode_picture(png(chrm(ADOBE), gama(1.0), profile=profile)).pixels
    assert np.array_equal(by_both, decode_picture(png(profile=profile)).pixels)
    by_cicp = decode_picture(png((b"cICP", bytes([1, 13, 0, 1])), profile=profile)).pixels
    assert np.array_equal(by_cicp[..., ::-1], PICTURE)


@pytest.mark.parametrize(
    ("chunk", "name"),
    [
        ((b"cICP", bytes([9, 16, 0, 1])), "PQ"),
        ((b"cICP", bytes([9, 18, 0, 1])), "HLG"),
        ((b"cICP", bytes([1, 13, 0, 0])), "cICP 1/13/0/0"),
        ((b"cHRM", bytes(32)), "damaged"),
        ((b"gAMA", bytes(4)), "damaged"),
        ((b"cICP", b"\1"), "damaged"),
    ],
)
def test_decode_picture_when_a_pngs_colours_cannot_be_converted_then_a_notice(chunk, name) -> None:
    picture = decode_picture(png(chunk))
    assert np.array_equal(picture.pixels[..., ::-1], PICTURE)
    (notice,) = picture.notices
    assert notice.startswith(f"its colour profile “{name}” cannot be converted")


@given(
    chrm_body=st.binary(min_size=28, max_size=36) | st.none(),
    gama_body=st.binary(min_size=3, max_size=5) | st.none(),
)
def test_decode_picture_when_a_pngs_colour_chunks_are_odd_then_pixels(chrm_body, gama_body) -> None:
    named = ((b"cHRM", chrm_body), (b"gAMA", gama_body))
    picture = decode_picture(png(*((name, body) for name, body in named if body is not None)))
    assert picture.pixels.shape == PICTURE.shape


@pytest.mark.parametrize("bits", [1, 2, 4, 8, 16])
def test_decode_picture_when_one_grey_of_a_png_is_transparent_then_on_neutral_grey(bits) -> None:
    most = 2**bits - 1
    hidden, kept = most // 2, most
    rows = b""
    for _ in range(32):
        row = np.array([hidden] * 16 + [kept] * 16)
        packed = np.unpackbits(row.astype(">u2").view(np.uint8)).reshape(32, 16)[:, 16 - bits :]
        rows += b"\0" + np.packbits(packed).tobytes()
    data = b"\x89PNG\r\n\x1a\n" + b"".join(
        [
            chunk(b"IHDR", struct.pack(">IIBBBBB", 32, 32, bits, 0, 0, 0, 0)),
            chunk(b"tRNS", struct.pack(">H", hidden)),
            chunk(b"IDAT", zlib.compress(rows)),
            chunk(b"IEND", b""),
        ]
    )
    pixels = decode_picture(data).pixels
    assert tuple(pixels[5, 5]) == (128, 128, 128)
    assert tuple(pixels[5, 20]) == (255, 255, 255)
