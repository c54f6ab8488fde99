"""Decodes still pictures that are coded like films: AVIF, and JPEG to find damage."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import av
import cv2
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from onmodel.contracts.arrays import Pixels
from onmodel.formats.transparency import on_neutral_grey
from onmodel.video.container.still_items import still_items
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
    """The picture of an AVIF file; of an animation the one that stands for it.

    Args:
        data: the file.
        check_size: called with width and height before anything is decoded; may raise.
        most_pixels: that the decoder may decode.

    Raises:
        StillNotDecodable: the picture is damaged, or put together of tiles.
    """
    items = still_items(data)
    try:
        with av.open(io.BytesIO(data), "r", options={"max_pixels": str(most_pixels)}) as file:
            if any(
                each.disposition & av.stream.Disposition.dependent for each in file.streams.video
            ):
                raise StillNotDecodable("the picture is put together of tiles")
            shown = _stream_of(file, items.shown) or file.streams.video[0]
            alpha_stream = _stream_of(file, items.alpha)
            streams = [shown] if alpha_stream is None else [shown, alpha_stream]
            numbers = [stream.index for stream in streams]  # a closed file has none
            for stream in streams:
                check_size(stream.width, stream.height)
            frames: dict[int, VideoFrame] = {}
            for packet in file.demux(*streams):
                for frame in packet.decode():
                    frames.setdefault(packet.stream.index, frame)  # type: ignore[arg-type]
                if len(frames) == len(streams):
                    break
    except (av.FFmpegError, ValueError, IndexError) as fault:
        if isinstance(fault, StillNotDecodable):
            raise
        raise StillNotDecodable("the picture is damaged or cut off") from fault
    if len(frames) < len(streams):
        raise StillNotDecodable("the picture is damaged or cut off")
    picture = frames[numbers[0]]
    known: Any = picture.side_data
    profile = known.get("ICC_PROFILE")
    pixels, alpha = BgrConverter().bgr(picture), None
    if len(numbers) > 1:
        coded: Any = frames[numbers[1]].to_ndarray(format="gray")
        alpha = _in_size(coded, pixels)
        if items.premultiplied:
            pixels = _divided(pixels, alpha)
    return StillPicture(
        pixels=_upright(pixels, picture),
        alpha=None if alpha is None else _upright(alpha, picture),
        profile=None if profile is None else bytes(profile),
    )


def jpeg_is_damaged(data: bytes, *, most_pixels: int) -> bool:
    """Whether the coded pixels of a JPEG are damaged somewhere: decoders of pictures hide that.

    Args:
        data: the file.
        most_pixels: that the decoder may decode.
    """
    decoder: Any = av.CodecContext.create("mjpeg", "r")
    decoder.thread_count = 1
    decoder.options = {"err_detect": "explode", "max_pixels": str(most_pixels)}
    try:
        return any(frame.is_corrupt for frame in decoder.decode(av.Packet(data)))
    except av.error.InvalidDataError:
        return True
    except av.FFmpegError:  # a form of JPEG that this decoder does not have
        return False


def _stream_of(file: InputContainer, item: int | None) -> VideoStream | None:
    """The stream of an item: the first of its id, because tracks are numbered anew after items."""
    return next((each for each in file.streams.video if each.id == item), None)


def _in_size(alpha: Pixels, pixels: Pixels) -> Pixels:
    """Alpha in the size of its picture; it may be coded smaller."""
    if alpha.shape == pixels.shape[:2]:
        return alpha
    size = (pixels.shape[1], pixels.shape[0])
    scaled: Any = cv2.resize(alpha, size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(scaled, np.uint8)


def _divided(pixels: Pixels, alpha: Pixels) -> Pixels:
    """Colours before they were multiplied with alpha."""
    share = np.maximum(alpha, 1)[..., None].astype(np.uint16)
    colours = (pixels.astype(np.uint16) * 255 + share // 2) // share
    divided: Pixels = np.minimum(colours, 255).astype(np.uint8)
    return divided


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
