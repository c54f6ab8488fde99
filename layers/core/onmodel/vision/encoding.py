"""Encodes pictures as files, and decodes files to pictures."""

from __future__ import annotations

from typing import Literal, cast

import cv2
import numpy as np

from onmodel.contracts.arrays import Pixels
from onmodel.errors import ReferenceRefused
from onmodel.formats.transparency import on_neutral_grey
from onmodel.vision.cropping import fit_within, resize
from onmodel.vision.picture_header import PictureHeader, read_header

CROP_QUALITY = 95  # visually lossless; with 4:4:4, drawn outlines keep their colour
SERVICE_QUALITIES = (90, 80, 70, 55, 40)  # tried in turn until the picture is small enough
THUMBNAIL_QUALITY = 82

REKOGNITION_LIMIT_BYTES = 5_000_000  # "5 MB" as bytes of a request, taken as decimal to be safe
REKOGNITION_SHORTEST_SIDE = 80

PICTURE_LIMIT_BYTES = 50_000_000  # the most that is used of a reference
PICTURE_LONGEST_SIDE = 16_384
PICTURE_LIMIT_PIXELS = 64_000_000  # 192 MB decoded; more than the cameras of phones give
PICTURE_SHORTEST_SIDE = 16  # on fewer pixels no character can be recognised


def encode_picture(pixels: Pixels, format: Literal["jpeg", "png"]) -> bytes:  # noqa: A002
    """A training picture: JPEG of quality 95 without chroma subsampling, or PNG.

    Args:
        pixels: `(height, width, 3)` uint8, BGR.
        format: of the file.
    """
    if format == "png":
        return _encode(".png", pixels, [])
    return _jpeg(pixels, CROP_QUALITY, full_colour=True)


def encode_for_service(
    pixels: Pixels, longest_side: int = 1280, limit_bytes: int = REKOGNITION_LIMIT_BYTES
) -> bytes:
    """A JPEG that recognition and embedding services take as bytes.

    Shrunk to `longest_side`, enlarged to Rekognition's 80 pixels on the shortest side where that
    leaves the longest within its limit, and of the best quality that fits `limit_bytes`. All
    answers come as fractions, so the scale does not matter to the caller.

    Args:
        pixels: `(height, width, 3)` uint8, BGR.
        longest_side: in pixels; Titan takes up to 2,048, more than 1,280 does not help detection.
        limit_bytes: of the file; 5 MB for Rekognition, 25 MB for Titan.
    """
    picture = _at_least(fit_within(pixels, longest_side), longest_side)
    while True:
        for quality in SERVICE_QUALITIES:
            data = _jpeg(picture, quality, full_colour=False)
            if len(data) <= limit_bytes:
                return data
        if max(picture.shape[:2]) <= REKOGNITION_SHORTEST_SIDE:
            raise ValueError(f"no JPEG of this picture fits {limit_bytes} bytes")
        picture = fit_within(picture, max(picture.shape[:2]) * 3 // 4)


def thumbnail(pixels: Pixels, longest_side: int = 240) -> bytes:
    """A small JPEG for pages."""
    return _jpeg(fit_within(pixels, longest_side), THUMBNAIL_QUALITY, full_colour=False)


def check_file_size(size: int) -> None:
    """Raises ReferenceRefused for a picture's file of too many bytes."""
    if size > PICTURE_LIMIT_BYTES:
        raise ReferenceRefused(
            f"the picture has {size:,} bytes, more than {PICTURE_LIMIT_BYTES:,}",
            "Save it smaller and upload it again",
        )


def decode_picture(data: bytes) -> Pixels:
    """A reference picture's pixels: JPEG (turned as its EXIF says), PNG or WebP.

    Transparent parts become neutral grey. The size is checked in the header, before decoding.

    Returns:
        `(height, width, 3)` uint8, BGR.

    Raises:
        ReferenceRefused: not such a picture, damaged, too small or too large.
    """
    check_file_size(len(data))
    header = read_header(data)
    if header is None:
        raise ReferenceRefused(
            "this is no picture that can be read",
            "Upload a JPEG, PNG or WebP file",
        )
    _check_size(header)
    # Only IMREAD_COLOR applies the EXIF orientation; only IMREAD_UNCHANGED keeps transparency.
    flag = cv2.IMREAD_COLOR if header.format == "jpeg" else cv2.IMREAD_UNCHANGED
    try:
        decoded = cv2.imdecode(np.frombuffer(data, np.uint8), flag) if header.complete else None
    except cv2.error as fault:
        raise _damaged(header) from fault
    if decoded is None:
        raise _damaged(header)
    return _three_channels(decoded)


def _damaged(header: PictureHeader) -> ReferenceRefused:
    return ReferenceRefused(
        f"the {header.format.upper()} picture is damaged or cut off",
        "Save it again and upload it",
    )


def _check_size(header: PictureHeader) -> None:
    size = f"the picture declares {header.width:,} x {header.height:,} pixels"
    if min(header.width, header.height) < PICTURE_SHORTEST_SIDE:
        raise ReferenceRefused(
            f"{size}, fewer than {PICTURE_SHORTEST_SIDE} on a side", "Upload a larger one"
        )
    too_many = header.width * header.height > PICTURE_LIMIT_PIXELS
    if too_many or max(header.width, header.height) > PICTURE_LONGEST_SIDE:
        raise ReferenceRefused(
            f"{size}, more than {PICTURE_LONGEST_SIDE:,} on a side or {PICTURE_LIMIT_PIXELS:,}"
            " in all",
            "Save it smaller and upload it again",
        )


def _three_channels(decoded: cv2.typing.MatLike) -> Pixels:
    """Any depth and channel count that imdecode answers, as BGR of 8 bits."""
    picture = decoded if decoded.dtype == np.uint8 else (decoded / 257).astype(np.uint8)
    if picture.ndim == 2:
        return cast(Pixels, cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR))
    if picture.shape[2] == 3:
        return cast(Pixels, picture)
    return on_neutral_grey(picture[:, :, :3], cast(Pixels, picture)[:, :, 3])


def _at_least(picture: Pixels, longest_side: int) -> Pixels:
    height, width = picture.shape[:2]
    scale = min(REKOGNITION_SHORTEST_SIDE / min(width, height), longest_side / max(width, height))
    if scale <= 1:
        return picture
    return resize(picture, (max(1, round(width * scale)), max(1, round(height * scale))))


def _jpeg(pixels: Pixels, quality: int, *, full_colour: bool) -> bytes:
    sampling = (
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444
        if full_colour
        else cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420
    )
    options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]
    return _encode(".jpg", pixels, options)


def _encode(suffix: str, pixels: Pixels, options: list[int]) -> bytes:
    done, data = cv2.imencode(suffix, pixels, options)
    if not done:
        raise ValueError(f"OpenCV could not encode pixels of shape {pixels.shape} as {suffix}")
    return data.tobytes()
