"""Films of a red square, whose shape changes midway or whose ground is transparent."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from av.bitstream import BitStreamFilterContext

GREY, RED, HIDDEN_GREEN = (128, 128, 128), (0, 0, 255), (0, 255, 0)  # BGR
RATE = 25
PICTURES = 50  # of each part: 2 s
GAP = 5  # pictures between parts, because decoding times begin before the first picture


@dataclass(frozen=True)
class Part:
    """Pictures of one shape: the size on a screen, and the width of a coded pixel by its height."""

    size: tuple[int, int]
    aspect: Fraction = Fraction(1)
    bars: int = 0

    def coded(self, side: int) -> np.ndarray:
        """A square of `side` display pixels in the middle, between black bars, as it is coded."""
        width, height = self.size
        picture = np.zeros((height, width, 3), np.uint8)
        picture[self.bars : height - self.bars] = GREY
        picture[middle(height, side), middle(width, side)] = RED
        return cv2.resize(picture, (round(width / self.aspect), height))


def middle(length: int, side: int) -> slice:
    return slice((length - side) // 2, (length + side) // 2)


def draw_parts(path: Path, parts: tuple[Part, ...], *, side: int, codec: str) -> Path:
    """Joins a transport stream for each part; the times continue. MKV: the packets, as they are."""
    joined = path.with_suffix(".ts")
    pieces = []
    for number, part in enumerate(parts):
        piece = path.with_name(f"{path.stem}-{number}.ts")
        _encode(piece, part.coded(side), part.aspect, codec=codec, first=number * (PICTURES + GAP))
        pieces.append(piece.read_bytes())
    joined.write_bytes(b"".join(pieces))
    if path != joined:
        _remux(joined, path)
    return path


def _encode(path: Path, picture: np.ndarray, aspect: Fraction, *, codec: str, first: int) -> None:
    with av.open(str(path), "w") as output:
        stream: Any = output.add_stream(codec, rate=RATE)
        stream.height, stream.width = picture.shape[:2]
        stream.pix_fmt, stream.codec_context.gop_size = "yuv420p", 25
        stream.codec_context.sample_aspect_ratio = aspect
        stream.bit_rate = 2_000_000
        for number in range(PICTURES):
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24").reformat(format="yuv420p")
            frame.pts, frame.time_base = first + number, Fraction(1, RATE)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))


def _remux(source: Path, target: Path) -> None:
    with av.open(str(source)) as read, av.open(str(target), "w") as output:
        stream = output.add_stream_from_template(read.streams.video[0])
        for packet in read.demux(read.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                output.mux(packet)


def turn(path: Path, degrees: int) -> Path:
    """Write the orientation into the keyframes of an H.264 film, as phones in calls do."""
    turned = path.with_name(f"turned-{path.name}")
    with av.open(str(path)) as read, av.open(str(turned), "w") as output:
        stream = read.streams.video[0]
        copied = output.add_stream_from_template(stream)
        how = f"h264_metadata=display_orientation=insert:rotate={degrees}"
        insertion = BitStreamFilterContext(how, stream, copied)
        for given in read.demux(stream):
            for packet in insertion.filter(given) if given.size else ():
                packet.stream = copied
                output.mux(packet)
    return turned


def draw_cut_out(
    path: Path, *, side: int, codec: str, pixel_format: str, size: tuple[int, int] = (128, 96)
) -> Path:
    """An opaque red square; the hidden pixels around it are green."""
    width, height = size
    with av.open(str(path), "w") as output:
        options = {"auto-alt-ref": "0"} if codec == "libvpx" else {}  # else no alpha in VP8
        stream: Any = output.add_stream(codec, rate=RATE, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, pixel_format
        for number in range(5):
            frame = _cut_out(size, side, pixel_format)
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


def _cut_out(size: tuple[int, int], side: int, pixel_format: str) -> av.VideoFrame:
    width, height = size
    indices = np.zeros((height, width), np.uint8)
    indices[middle(height, side), middle(width, side)] = 1
    palette = np.zeros((256, 4), np.uint8)
    palette[0], palette[1] = (*HIDDEN_GREEN, 0), (*RED, 255)
    if pixel_format == "pal8":
        return av.VideoFrame.from_ndarray(
            (indices, np.ascontiguousarray(palette[:, ::-1])), format="pal8"
        )
    return av.VideoFrame.from_ndarray(palette[indices], format="bgra").reformat(format=pixel_format)


def red_square(pixels: np.ndarray) -> tuple[int, int]:
    """Width and height of what is red."""
    red = pixels[..., 2].astype(int) - pixels[..., 1] > 80
    rows, columns = np.nonzero(red)
    return int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1
