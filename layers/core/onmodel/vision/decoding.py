"""Decodes picture files as they are meant: upright, in sRGB, on neutral grey where transparent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from onmodel.contracts.arrays import Pixels
from onmodel.errors import ReferenceRefused
from onmodel.formats.transparency import on_neutral_grey
from onmodel.vision.icc import MatrixProfile, ProfileNotConvertible
from onmodel.vision.picture_header import PictureHeader, picture_kind, read_header
from onmodel.vision.picture_metadata import read_metadata
from onmodel.vision.png_colours import is_by_code_points, png_colours

PICTURE_LIMIT_BYTES = 50_000_000  # no picture of a character needs more
PICTURE_LONGEST_SIDE = 16_384
PICTURE_LIMIT_PIXELS = 64_000_000  # 192 MB decoded; more than any camera that people carry
PICTURE_SHORTEST_SIDE = 16  # on fewer pixels no character can be recognised


@dataclass(frozen=True)
class DecodedPicture:
    """A picture, and what is to be known about it.

    Attributes:
        pixels: `(height, width, 3)` uint8, BGR in sRGB.
        notices: sentences on what could not be converted.
    """

    pixels: Pixels
    notices: tuple[str, ...] = ()


def check_file_size(size: int) -> None:
    """Raises ReferenceRefused for a picture's file of too many bytes."""
    if size > PICTURE_LIMIT_BYTES:
        raise ReferenceRefused(
            f"the picture has {size:,} bytes, more than {PICTURE_LIMIT_BYTES:,}",
            "Save it smaller and upload it again",
        )


def decode_picture(data: bytes) -> DecodedPicture:
    """A picture as a viewer shows it, whatever its file is called: JPEG, PNG or WebP.

    EXIF's orientation is applied, and an ICC profile of a matrix and curves, or the colours that a
    PNG names without a profile. Transparent parts become neutral grey. Of an animation it is the
    first picture. The size is checked in the header, before decoding.

    Raises:
        ReferenceRefused: not such a picture, damaged, too small or too large.
    """
    check_file_size(len(data))
    header = read_header(data)
    if header is None:
        raise _unreadable(data)
    check_picture_size(header.width, header.height)
    try:
        decoded = (
            cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
            if header.complete
            else None
        )
    except cv2.error as fault:
        raise _damaged(header) from fault
    if decoded is None:
        raise _damaged(header)
    metadata = read_metadata(data, header.format)
    colours, alpha = _eight_bits(decoded)
    if metadata.transparent_grey is not None and decoded.ndim == 2:
        is_transparent = np.asarray(decoded == metadata.transparent_grey)
        alpha = cast(Pixels, np.where(is_transparent, 0, 255).astype(np.uint8))
    shown = in_srgb(colours, metadata.profile, metadata.png_chunks)
    pixels = shown.pixels if alpha is None else on_neutral_grey(shown.pixels, alpha)
    return DecodedPicture(upright(pixels, metadata.orientation), shown.notices)


def in_srgb(
    pixels: Pixels, profile: bytes | None, png_chunks: Mapping[bytes, bytes] | None = None
) -> DecodedPicture:
    """Convert a picture to sRGB; colours that cannot be converted are a notice.

    Args:
        pixels: BGR.
        profile: its ICC profile.
        png_chunks: of a PNG, as in PictureMetadata.
    """
    chunks = png_chunks or {}
    try:
        if profile is None or is_by_code_points(chunks):
            found = png_colours(chunks)
        else:
            found = MatrixProfile.parse(profile)
    except ProfileNotConvertible as fault:
        name = f" “{fault}”" if str(fault) else ""
        notice = (
            f"its colour profile{name} cannot be converted, so its colours may differ: "
            "export it in sRGB"
        )
        return DecodedPicture(pixels, (notice,))
    return DecodedPicture(pixels if found is None else found.converted(pixels))


def upright(pixels: Pixels, orientation: int) -> Pixels:
    """Turn and mirror a picture as EXIF's orientation says, 1 (as it is) to 8."""
    if orientation >= 5:  # stored column by column
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)


def _unreadable(data: bytes) -> ReferenceRefused:
    if picture_kind(data) == "heic":
        return ReferenceRefused(
            "this is a HEIC picture, which cannot be read", "Export it as JPEG and upload that"
        )
    return ReferenceRefused(
        "this is no picture that can be read", "Upload a JPEG, PNG, WebP or AVIF file"
    )


def _damaged(header: PictureHeader) -> ReferenceRefused:
    return ReferenceRefused(
        f"the {header.format.upper()} picture is damaged or cut off",
        "Save it anew and upload it again",
    )


def check_picture_size(width: int, height: int) -> None:
    """Raises ReferenceRefused for a picture of too few or too many pixels."""
    size = f"the picture declares {width:,} x {height:,} pixels"
    if min(width, height) < PICTURE_SHORTEST_SIDE:
        raise ReferenceRefused(
            f"{size}, fewer than {PICTURE_SHORTEST_SIDE} on a side", "Upload a larger one"
        )
    if width * height > PICTURE_LIMIT_PIXELS or max(width, height) > PICTURE_LONGEST_SIDE:
        raise ReferenceRefused(
            f"{size}, more than {PICTURE_LONGEST_SIDE:,} on a side or {PICTURE_LIMIT_PIXELS:,}"
            " in all",
            "Save it smaller and upload it again",
        )


def _eight_bits(decoded: cv2.typing.MatLike) -> tuple[Pixels, Pixels | None]:
    """BGR, and alpha if there is any, of whatever depth and channels imdecode answers."""
    picture = cast(
        Pixels, decoded if decoded.dtype == np.uint8 else (decoded / 257).astype(np.uint8)
    )
    if picture.ndim == 2:
        return cast(Pixels, cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)), None
    return picture[:, :, :3], picture[:, :, 3] if picture.shape[2] == 4 else None
