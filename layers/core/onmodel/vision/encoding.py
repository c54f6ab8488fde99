"""Encodes pictures as files."""

from __future__ import annotations

from typing import Literal

import cv2

from onmodel.contracts.arrays import Pixels
from onmodel.vision.cropping import fit_within, resize

CROP_QUALITY = 95  # visually lossless; with 4:4:4, drawn outlines keep their colour
SERVICE_QUALITIES = (90, 80, 70, 55, 40)  # tried in turn until the picture is small enough
THUMBNAIL_QUALITY = 82

REKOGNITION_LIMIT_BYTES = 5_000_000  # "5 MB" as bytes of a request, taken as decimal to be safe
REKOGNITION_SHORTEST_SIDE = 80


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
