"""Films with known cuts, drawn in code: hard cuts, and all that looks like one and is none.

Every film mixes the same kinds of passages in an order, with scenes and lengths of its own (its
seed); films of differing encoders and groups of pictures thus differ in content too.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import av
import cv2
import numpy as np
import numpy.typing as npt
from av.video.reformatter import VideoReformatter

Picture = npt.NDArray[np.uint8]
Kind = Literal["plain", "quick", "alike", "fade", "dissolve", "flash", "pan", "fast"]

VERSION = 1  # of what is drawn: films of an older one are drawn anew
FPS = 24
WIDTH, HEIGHT = 320, 180
_CANVAS = (3 * WIDTH, 3 * HEIGHT // 2)  # a camera moves over more than it shows


@dataclass(frozen=True)
class Form:
    """How a film is encoded."""

    name: str
    codec: str
    options: Mapping[str, str]
    container: str = "mp4"


_QUICK264 = {"preset": "veryfast", "crf": "23"}
_QUICK265 = {"preset": "superfast", "crf": "26"}  # the quickest that sees cuts
FORMS = (
    Form("h264-gop250", "libx264", {**_QUICK264, "g": "250"}),
    Form("h264-gop48", "libx264", {**_QUICK264, "g": "48"}),
    Form("h264-gop250-fixed", "libx264", {**_QUICK264, "g": "250", "sc_threshold": "0"}),
    Form("h264-gop48-fixed", "libx264", {**_QUICK264, "g": "48", "sc_threshold": "0"}),
    Form("h264-gop24-no-b", "libx264", {**_QUICK264, "g": "24", "sc_threshold": "0", "bf": "0"}),
    Form("hevc-gop250", "libx265", {**_QUICK265, "g": "250", "x265-params": "log-level=0"}),
    Form(
        "hevc-gop48-fixed", "libx265",
        {**_QUICK265, "g": "48", "x265-params": "log-level=0:scenecut=0"},
    ),
    Form("av1-gop120", "libsvtav1", {"preset": "12", "crf": "38", "g": "120"}),
    Form(
        "vp9-gop120", "libvpx-vp9", {"deadline": "realtime", "cpu-used": "8", "g": "120"}, "webm"
    ),
    Form("mpeg2-gop12", "mpeg2video", {"b": "2500000", "g": "12", "bf": "2"}, "ts"),
)  # fmt: skip


@dataclass(frozen=True)
class Shot:
    """What the camera does in a scene, for so many frames.

    Attributes:
        fade_in, fade_out: frames from and to black. dissolve: frames shared with the shot before.
        speed: of the camera, in picture widths a second. busy: figures cross in half a second.
        zooming: factor a second by which things grow. lit: factor a second of the light, up to 1.
        flashes: frames that are white.
    """

    kind: Kind
    scene: int
    frames: int
    x: float
    zoom: float = 1.0
    speed: float = 0.0
    zooming: float = 1.0
    lit: float = 1.0
    busy: bool = False
    fade_in: int = 0
    fade_out: int = 0
    dissolve: int = 0
    flashes: tuple[int, ...] = ()


@dataclass(frozen=True)
class KnownFilm:
    """A film and what is true of it.

    Attributes:
        cuts: second of the first picture of each shot that begins by a hard cut, and its kind.
        gradual: spans of dissolves and of fades into another scene: one cut there is no fault.
    """

    path: Path
    seconds: float
    cuts: tuple[tuple[float, Kind], ...]
    gradual: tuple[tuple[float, float], ...]
    passages: tuple[tuple[float, float, Kind], ...] = field(repr=False, default=())

    def kind_at(self, seconds: float) -> Kind:
        """The kind of the passage that a moment lies in."""
        found = [kind for start, end, kind in self.passages if start <= seconds < end]
        return found[0] if found else "plain"


def known_film(folder: Path, form: Form, seed: int) -> KnownFilm:
    """The film of a seed, drawn now or by an earlier run."""
    return draw_shots(folder, form, script(seed), seed)


def draw_shots(folder: Path, form: Form, shots: tuple[Shot, ...], seed: int = 0) -> KnownFilm:
    """Draw and encode shots, unless the folder has them."""
    path = folder / f"cuts-{VERSION}-{form.name}-{seed}.{form.container}"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name("unfinished-" + path.name)
        _encode(unfinished, form, pictures(shots, seed))
        unfinished.rename(path)
    return _truth(path, shots)


def script(seed: int) -> tuple[Shot, ...]:
    """About 100 seconds of passages, shuffled."""
    dice, scenes = random.Random(seed), iter(range(seed * 1000, seed * 1000 + 1000))
    passages = [
        *([_plain(dice, scenes) for _ in range(4)]),
        *([_quick(dice, scenes) for _ in range(2)]),
        *([_alike(dice, scenes) for _ in range(3)]),
        *([_fades(dice, scenes) for _ in range(2)]),
        *([_dissolves(dice, scenes) for _ in range(2)]),
        *([_flashes(dice, scenes) for _ in range(2)]),
        *([_pan(dice, scenes) for _ in range(3)]),
        *([_fast(dice, scenes) for _ in range(2)]),
    ]
    dice.shuffle(passages)
    return tuple(shot for passage in passages for shot in passage)


def _frames(dice: random.Random, least: float, most: float) -> int:
    return round(dice.uniform(least, most) * FPS)


def _plain(dice: random.Random, scenes: Iterator[int]) -> list[Shot]:
    return [
        Shot(
            "plain", next(scenes), _frames(dice, 1.2, 3.5), dice.random(),
            zoom=dice.uniform(0.8, 1.4), speed=dice.choice([0, 0, 0.05]),
        )
        for _ in range(3)
    ]  # fmt: skip


def _quick(dice: random.Random, scenes: Iterator[int]) -> list[Shot]:
    return [Shot("quick", next(scenes), _frames(dice, 0.25, 0.9), dice.random()) for _ in range(6)]


def _alike(dice: random.Random, scenes: Iterator[int]) -> list[Shot]:
    """One place, seen from here and from there, as a talk is filmed."""
    scene, x = next(scenes), dice.uniform(0, 0.4)
    there = x + dice.uniform(0.3, 0.6)
    return [
        Shot(
            "alike", scene, _frames(dice, 1.2, 2.5), there if number % 2 else x,
            zoom=1.5 if number % 2 else 1.1,
        )
        for number in range(4)
    ]  # fmt: skip


def _fades(dice: random.Random, scenes: Iterator[int]) -> list[Shot]:
    slope = _frames(dice, 0.4, 1.5)
    return [
        Shot("fade", next(scenes), slope + _frames(dice, 1, 2), dice.random(), fade_out=slope),
        Shot("fade", next(scenes), slope + _frames(dice, 1, 2), dice.random(), fade_in=slope),
    ]


def _dissolves(dice: random.Random, scenes: Iterator[int]) -> list[Shot]:
    slope = _frames(dice, 0.5, 2)
    return [
        Shot("dissolve", next(scenes), slope + _frames(dice, 1, 2), dice.random()),
        Shot(
            "dissolve", next(scenes), slope + _frames(dice, 1, 2), dice.random(), dissolve=slope
        ),
    ]  # fmt: skip


def _flashes(dice: random.Random, scenes: Iterator[int]) -> list[Shot]:
    frames = _frames(dice, 4, 5)
    starts = [dice.randrange(12, frames - 12) for _ in range(3)]
    white = tuple(start + more for start in starts for more in range(dice.randint(1, 4)))
    return [Shot("flash", next(scenes), frames, dice.random(), flashes=white)]


def _pan(dice: random.Random, scenes: Iterator[int]) -> list[Shot]:
    speed = dice.choice([0.25, 0.5, 0.8])
    return [Shot("pan", next(scenes), round(1.9 / speed * FPS), 0.02, speed=speed)]


def _fast(dice: random.Random, scenes: Iterator[int]) -> list[Shot]:
    return [Shot("fast", next(scenes), _frames(dice, 3, 5), dice.random(), busy=True)]


def _truth(path: Path, shots: tuple[Shot, ...]) -> KnownFilm:
    cuts: list[tuple[float, Kind]] = []
    gradual, passages = [], []
    at = 0
    for number, shot in enumerate(shots):
        start, end = at - shot.dissolve, at - shot.dissolve + shot.frames
        passages.append((start / FPS, end / FPS, shot.kind))
        if shot.dissolve:
            gradual.append((start / FPS, at / FPS))
        elif shot.fade_in:
            gradual.append(
                ((start - shots[number - 1].fade_out) / FPS, (start + shot.fade_in) / FPS)
            )
        elif number:
            cuts.append((start / FPS, shot.kind))
        at = end
    return KnownFilm(path, at / FPS, tuple(cuts), tuple(gradual), tuple(passages))


def pictures(shots: tuple[Shot, ...], seed: int) -> Iterator[Picture]:
    """The film's pictures in order: (HEIGHT, WIDTH, 3) uint8, BGR."""
    grain, strength = np.random.default_rng(seed), random.Random(seed).choice([0.0, 2.0, 5.0])
    held: list[Picture] = []  # the end of a shot that the next one dissolves from
    for number, shot in enumerate(shots):
        shared = shots[number + 1].dissolve if number + 1 < len(shots) else 0
        canvas = _canvas(shot.scene)
        drawn = [_picture(canvas, shot, index) for index in range(shot.frames)]
        for index, before in enumerate(held):
            share = (index + 1) / (len(held) + 1)
            drawn[index] = cv2.addWeighted(before, 1 - share, drawn[index], share, 0)  # type: ignore[assignment]
        held = drawn[len(drawn) - shared :]
        for picture in drawn[: len(drawn) - shared]:
            noise = grain.normal(0, strength, (HEIGHT, WIDTH, 1)) if strength else 0
            yield np.clip(picture + noise, 0, 255).astype(np.uint8)


def _picture(canvas: Picture, shot: Shot, index: int) -> Picture:
    if index in shot.flashes:
        return np.full((HEIGHT, WIDTH, 3), 250, np.uint8)
    seconds = index / FPS
    zoom = shot.zoom * shot.zooming**seconds
    room = _CANVAS[0] - WIDTH / zoom
    left = min(shot.x * room + shot.speed * seconds * WIDTH / zoom, room)
    top = (_CANVAS[1] - HEIGHT / zoom) / 2
    place = np.array([[zoom, 0, -left * zoom], [0, zoom, -top * zoom]])
    picture: Any = cv2.warpAffine(canvas, place, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT)
    _walk(picture, shot, seconds)
    share = min(
        shot.lit**seconds,
        (index + 1) / (shot.fade_in + 1) if shot.fade_in else 1.0,
        (shot.frames - index) / (shot.fade_out + 1) if shot.fade_out else 1.0,
    )
    return picture if share == 1 else (picture * share).astype(np.uint8)  # type: ignore[no-any-return]


def _walk(picture: Any, shot: Shot, seconds: float) -> None:
    """Figures that walk, or in a busy shot cross the whole picture in half a second."""
    dice = random.Random(shot.scene)
    for _ in range(dice.randint(1, 3)):
        body, head = (tuple(dice.randrange(30, 230) for _ in range(3)) for _ in range(2))
        tall = int(HEIGHT * dice.uniform(0.4, 0.9) * shot.zoom)
        start, pace = dice.random(), dice.choice([-1, 1]) * dice.uniform(0.03, 0.12)
        if shot.busy:
            pace *= 20
        x = int(((start + pace * seconds) % 1.4 - 0.2) * WIDTH)
        base = int(HEIGHT * dice.uniform(0.85, 1.05))
        wide = tall // 3
        cv2.rectangle(picture, (x, base - tall * 2 // 3), (x + wide, base), body, -1)
        cv2.circle(picture, (x + wide // 2, base - tall * 4 // 5), tall // 6, head, -1)


def _canvas(scene: int) -> Picture:
    """A place: sky and ground, hills or houses, and texture."""
    dice = np.random.default_rng(scene)
    width, height = _CANVAS
    sky, ground = dice.integers(20, 235, (2, 3))
    canvas = sky * np.linspace(np.full((width, 1), 0.8), 1.1, height)
    horizon = int(height * dice.uniform(0.4, 0.7))
    canvas[horizon:] = ground
    for _ in range(int(dice.integers(10, 40))):
        x, tall = int(dice.integers(width)), int(dice.integers(20, horizon))
        wide, tint = int(dice.integers(15, 120)), dice.integers(20, 235, 3).tolist()
        if scene % 2:
            cv2.rectangle(canvas, (x, horizon - tall), (x + wide, horizon + tall // 4), tint, -1)
        else:
            cv2.ellipse(canvas, (x, horizon), (wide, tall), 0, 0, 360, tint, -1)
    for cells in (12, 48, 192):
        coarse = dice.normal(0, 12, (cells // 2, cells, 1)).astype(np.float32)
        canvas += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)[..., None]
    return np.clip(canvas, 0, 255).astype(np.uint8)


def _encode(path: Path, form: Form, drawn: Iterator[Picture]) -> None:
    with av.open(str(path), "w") as output:
        stream: Any = output.add_stream(form.codec, rate=FPS, options=dict(form.options))
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.time_base = Fraction(1, FPS)
        reformatter = VideoReformatter()  # frame.reformat would make one for each picture
        for index, picture in enumerate(drawn):
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame = reformatter.reformat(frame, format="yuv420p", threads=1)
            frame.pts, frame.time_base = index, Fraction(1, FPS)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
