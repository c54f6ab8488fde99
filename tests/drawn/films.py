"""Small animated films drawn in code: the only material with ground truth.

Three characters with faces walk through shots of differing backgrounds. Everything is known:
cuts, where each figure stands, which seconds are black, faded or still.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from av.video.reformatter import VideoReformatter

# BGR colours of body and scarf; shape tells them apart too
CHARACTERS = {
    "mira": ((60, 60, 220), (240, 240, 60)),
    "otto": ((200, 120, 30), (40, 220, 240)),
    "pip": ((70, 190, 60), (200, 60, 220)),
}
_QUICK = {
    "libx264": {"preset": "veryfast"},
    "libx265": {"preset": "ultrafast", "x265-params": "log-level=0"},
    "libvpx": {"deadline": "realtime", "cpu-used": "8"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8"},
    "libsvtav1": {"preset": "12"},
}
_COUNTED = ("mpeg2video", "mpeg1video")
_BACKGROUNDS = (
    ((235, 206, 135), (80, 160, 90)),
    ((60, 90, 160), (140, 190, 220)),
    ((120, 70, 90), (60, 40, 50)),
    ((180, 180, 200), (110, 90, 130)),
    ((90, 140, 60), (40, 90, 120)),
)


@dataclass(frozen=True)
class Figure:
    """Where a character stands: left, top, right, bottom in display pixels."""

    character: str
    box: tuple[int, int, int, int]


@dataclass(frozen=True)
class DrawnFilm:
    """A film file and what is true of it.

    Attributes:
        cuts_seconds: presentation time of the first frame of each shot but the first.
        spans: name ("black", "fade", "still") to half-open spans of seconds.
        picture: left, top, right, bottom without bars.
    """

    path: Path
    seconds: float
    fps: int
    size: tuple[int, int]
    shot_seconds: float
    cuts_seconds: tuple[float, ...]
    spans: Mapping[str, tuple[tuple[float, float], ...]]
    picture: tuple[int, int, int, int]
    times_seconds: tuple[float, ...] = field(repr=False, default=())

    def figures(self, seconds: float) -> tuple[Figure, ...]:
        """Who stands where at a time; nobody while the picture is black."""
        if any(start <= seconds < end for start, end in self.spans["black"]):
            return ()
        seconds = _held(seconds, self.spans["still"])
        shot = sum(cut <= seconds + 1e-6 for cut in self.cuts_seconds)
        return _cast(shot, seconds, self.size, self.picture)


def draw_film(
    path: Path,
    *,
    seconds: float = 20,
    fps: int = 24,
    size: tuple[int, int] = (640, 360),
    codec: str = "libx264",
    gop: int = 48,
    shot_seconds: float = 4.0,
    bars: tuple[int, int] = (0, 0),
    black: tuple[tuple[float, float], ...] = (),
    fades: tuple[tuple[float, float], ...] = (),
    still: tuple[tuple[float, float], ...] = (),
    soft: tuple[tuple[float, float], ...] = (),
    pixel_format: str = "yuv420p",
    options: Mapping[str, str] | None = None,
    times: tuple[float, ...] | None = None,
    sound: bool = False,
    container: str | None = None,
    container_options: Mapping[str, str] | None = None,
    rotation: int = 0,
    aspect: Fraction | None = None,
) -> DrawnFilm:
    """Draw and encode a film.

    Args:
        bars: pixels of black above and below, and left and right.
        black, fades, still, soft: half-open spans of seconds; a fade goes to black and back,
            soft is out of focus.
        times: presentation times in seconds for a variable frame rate.
        rotation: degrees counter-clockwise that the display matrix says.
        aspect: shape of a pixel.
    """
    times = times or tuple(index / fps for index in range(round(seconds * fps)))
    cuts = tuple(
        next(time for time in times if time >= number * shot_seconds - 1e-6)
        for number in range(1, math.ceil(seconds / shot_seconds))
        if any(time >= number * shot_seconds - 1e-6 for time in times)
    )
    width, height = size
    film = DrawnFilm(
        path=path,
        seconds=seconds,
        fps=fps,
        size=size,
        shot_seconds=shot_seconds,
        cuts_seconds=cuts,
        spans={
            "black": tuple(black),
            "fade": tuple(fades),
            "still": tuple(still),
            "soft": tuple(soft),
        },
        picture=(bars[1], bars[0], width - bars[1], height - bars[0]),
        times_seconds=times,
    )
    with av.open(str(path), "w", format=container, options=dict(container_options or {})) as output:
        chosen = {**_QUICK.get(codec, {}), **(options or {})}
        stream: Any = output.add_stream(codec, rate=fps, options=chosen)
        stream.width, stream.height, stream.pix_fmt = width, height, pixel_format
        stream.codec_context.gop_size = gop
        stream.codec_context.thread_count = 1  # the same bytes on a machine of any number of cores
        # MPEG-2 counts pictures; the others can place them anywhere
        tick = Fraction(1, fps if codec in _COUNTED else fps * 100)
        stream.codec_context.time_base = tick
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        if rotation:
            stream.set_display_rotation(rotation)
        track: Any = output.add_stream("aac", rate=48000) if sound else None
        reformatter = VideoReformatter()  # frame.reformat would make one for each picture
        for time in times:
            frame = av.VideoFrame.from_ndarray(paint(film, time), format="bgr24")
            frame = reformatter.reformat(frame, format=pixel_format, threads=1)
            frame.pts, frame.time_base = round(time / tick), tick
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
        if track is not None:
            _sing(output, track, seconds)
    return film


def paint(film: DrawnFilm, seconds: float) -> np.ndarray:
    """The picture at a time: (height, width, 3) uint8, BGR."""
    width, height = film.size
    if any(start <= seconds < end for start, end in film.spans["black"]):
        return np.zeros((height, width, 3), np.uint8)
    moment = _held(seconds, film.spans["still"])
    shot = sum(cut <= moment + 1e-6 for cut in film.cuts_seconds)
    picture = _scene(shot, width, height).copy()
    for figure in _cast(shot, moment, film.size, film.picture):
        _draw(picture, figure, moment)
    for start, end in film.spans["fade"]:
        if start <= seconds < end:
            share = abs((seconds - start) / (end - start) * 2 - 1)
            picture = (picture * share).astype(np.uint8)
    if any(start <= seconds < end for start, end in film.spans["soft"]):
        picture = cv2.GaussianBlur(picture, (0, 0), width / 60)
    left, top, right, bottom = film.picture
    framed = np.zeros_like(picture)
    framed[top:bottom, left:right] = picture[top:bottom, left:right]
    return framed


def _held(seconds: float, still: tuple[tuple[float, float], ...]) -> float:
    return next((start for start, end in still if start <= seconds < end), seconds)


@lru_cache(maxsize=16)
def _scene(shot: int, width: int, height: int) -> np.ndarray:
    sky, ground = _BACKGROUNDS[shot % len(_BACKGROUNDS)]
    picture = np.empty((height, width, 3), np.uint8)
    picture[:] = sky
    horizon = height * (5 + shot % 3) // 9
    picture[horizon:] = ground
    random = np.random.default_rng(shot)
    for _ in range(12):
        x, y = int(random.integers(width)), int(random.integers(horizon, height))
        tint = tuple(int(part) for part in random.integers(20, 235, 3))
        cv2.rectangle(picture, (x, y), (x + width // 24, y + height // 30), tint, -1)
    for _ in range(4):
        x, y = int(random.integers(width)), int(random.integers(max(1, horizon // 2)))
        cv2.ellipse(picture, (x, y), (width // 10, height // 20), 0, 0, 360, (250, 250, 250), -1)
    return picture


def _cast(
    shot: int, seconds: float, size: tuple[int, int], picture: tuple[int, int, int, int]
) -> tuple[Figure, ...]:
    """One to three figures, walking to and fro, wholly inside the picture."""
    names = list(CHARACTERS)
    present = [names[(shot + offset) % 3] for offset in range(1 + shot % 3)]
    left, top, right, bottom = picture
    figures = []
    for place, name in enumerate(present):
        tall = int((bottom - top) * (0.62 - 0.06 * place))
        wide = tall // 2
        span = (right - left - wide) / len(present)
        swing = (math.sin(seconds * (1.1 + 0.3 * place) + shot) + 1) / 2
        x = left + int(place * span + swing * span * 0.8)
        y = bottom - tall - int((bottom - top) * 0.04 * (place + 1))
        figures.append(Figure(name, (x, y, x + wide, y + tall)))
    return tuple(figures)


def _draw(picture: np.ndarray, figure: Figure, seconds: float) -> None:
    """A round head with eyes and a mouth on a body with a scarf."""
    body, scarf = CHARACTERS[figure.character]
    left, top, right, bottom = figure.box
    wide, tall = right - left, bottom - top
    centre, neck = (left + right) // 2, top + tall * 45 // 100
    skin = (170, 205, 240)
    cv2.rectangle(picture, (left + wide // 6, neck), (right - wide // 6, bottom - 1), body, -1)
    cv2.rectangle(
        picture, (left + wide // 6, neck), (right - wide // 6, neck + tall // 14), scarf, -1
    )
    for row in range(neck + tall // 8, bottom - 4, max(6, tall // 10)):
        cv2.line(picture, (left + wide // 6, row), (right - wide // 6, row), scarf, 2)
    head = (centre, top + tall * 23 // 100)
    axes = (wide * 48 // 100, tall * 22 // 100)
    cv2.ellipse(picture, head, axes, 0, 0, 360, skin, -1)
    cv2.ellipse(picture, head, axes, 0, 180, 360, body, max(3, tall // 24))
    for side in (-1, 1):
        eye = (centre + side * wide // 5, head[1] - tall // 30)
        cv2.ellipse(picture, eye, (wide // 11, tall // 22), 0, 0, 360, (255, 255, 255), -1)
        cv2.circle(picture, eye, max(2, wide // 22), (20, 20, 20), -1)
        cv2.line(
            picture,
            (eye[0] - wide // 10, eye[1] - tall // 14),
            (eye[0] + wide // 10, eye[1] - tall // 15),
            (40, 40, 60),
            2,
        )
    cv2.line(picture, (centre, head[1]), (centre, head[1] + tall // 20), (120, 150, 200), 2)
    mouth = max(2, int(tall / 30 * (1.2 + math.sin(seconds * 9))))
    cv2.ellipse(
        picture, (centre, head[1] + tall // 9), (wide // 7, mouth), 0, 0, 360, (50, 50, 160), -1
    )


def _sing(output: Any, track: Any, seconds: float) -> None:
    for chunk in _tone(seconds, track.codec_context.sample_rate):
        output.mux(track.encode(chunk))
    output.mux(track.encode(None))


def _tone(seconds: float, rate: int) -> Iterator[av.AudioFrame]:
    samples = np.sin(np.arange(int(seconds * rate)) * 2 * np.pi * 220 / rate).astype(np.float32)
    for start in range(0, len(samples) - 1023, 1024):
        part = np.repeat(samples[None, start : start + 1024] / 4, 2, axis=0)
        frame = av.AudioFrame.from_ndarray(part, format="fltp", layout="stereo")
        frame.sample_rate, frame.pts = rate, start
        frame.time_base = Fraction(1, rate)
        yield frame
