"""Decodes a still picture that is coded like a film: AVIF."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import av
import numpy as np
from av.video.frame import VideoFrame

from onmodel.contracts.arrays import Pixels
from onmodel.formats.transparency import on_neutral_grey
from onmodel.video.decode.colours import BgrConverter


class StillNotDecodable(ValueError):
    """Raised for a picture that is damaged, or put together of tiles."""


@dataclass(frozen=True)
class StillPicture:
    """A still picture.

    Attributes:
        pixels: (height, width, 3) uint8, BGR, upright; alpha is not applied yet.
        alpha: (height, width) uint8; None for an opaque picture.
        profile: its ICC profile; None without one.
    """

    pixels: Pixels
    alpha: Pixels | None
    profile: bytes | None

    def on_ground(self, pixels: Pixels) -> Pixels:
        """Other pixels of this picture on neutral grey, where it is transparent."""
        return pixels if self.alpha is None else on_neutral_grey(pixels, self.alpha)


def decode_still(
    data: bytes, *, check_size: Callable[[int, int], None], most_pixels: int
) -> StillPicture:
    """The picture of an AVIF file; of a sequence the first.

    Args:
        data: the file.
        check_size: called with width and height before anything is decoded; may raise.
        most_pixels: that the decoder may decode.

    Raises:
        StillNotDecodable: the picture is damaged, or put together of tiles.
    """
    try:
        with av.open(io.BytesIO(data), "r", options={"max_pixels": str(most_pixels)}) as file:
            streams = file.streams.video
            if any(each.disposition & av.stream.Disposition.dependent for each in streams):
                raise StillNotDecodable("the picture is put together of tiles")
            for stream in streams:
                check_size(stream.width, stream.height)
            frames: dict[int, VideoFrame] = {}
            for packet in file.demux(*streams[:2]):  # the picture, and its alpha if it has any
                for frame in packet.decode():
                    frames.setdefault(packet.stream.index, frame)  # type: ignore[arg-type]
                if len(frames) == len(streams[:2]):
                    break
    except (av.FFmpegError, ValueError, IndexError) as fault:
        if isinstance(fault, StillNotDecodable):
            raise
        raise StillNotDecodable("the picture is damaged or cut off") from fault
    if 0 not in frames or len(frames) < len(streams[:2]):
        raise StillNotDecodable("the picture is damaged or cut off")
    picture = frames[0]
    known: Any = picture.side_data
    profile = known.get("ICC_PROFILE")
    alpha: Any = frames[1].to_ndarray(format="gray") if 1 in frames else None
    return StillPicture(
        pixels=_upright(BgrConverter().bgr(picture), picture),
        alpha=None if alpha is None else _upright(alpha, picture),
        profile=None if profile is None else bytes(profile),
    )


def _upright(pixels: Pixels, picture: VideoFrame) -> Pixels:
    """Turn and mirror as the picture's display matrix says: x' = ax + cy, y' = bx + dy."""
    known: Any = picture.side_data
    matrix = known.get("DISPLAYMATRIX")
    if matrix is None:
        return pixels
    a, b, _u, c, d = struct.unpack_from("=5i", bytes(matrix))
    if a == d == 0:
        pixels, a, d = pixels.swapaxes(0, 1), c, b
    if a < 0:
        pixels = pixels[:, ::-1]
    if d < 0:
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)
