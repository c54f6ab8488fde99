"""Animated films whose characters, boxes, poses and shots are known: truth for naming and choosing.

A cast of invented figures with faces, and strangers, act in shots of a few locations. They hold
poses, change expressions while they stand still, walk, and are framed from the whole figure to the
head alone. Everything follows from a seed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
Colour = tuple[int, int, int]

WIDTH, HEIGHT, FPS = 960, 540, 8
_SHIFT = 4  # bits of a fraction that OpenCV's drawing takes: edges move smoothly
POSES = (
    (-70, 70, 0.10),
    (-20, 20, 0.06),
    (-150, 60, 0.12),
    (-60, 150, 0.12),
    (-160, 160, 0.20),
    (-100, -30, 0.16),
)  # degrees of the left and right arm from straight down, and how far apart the feet are
EXPRESSIONS = ("calm", "smile", "open", "sad", "asleep")
FRAMINGS = {"wide": 0.42, "full": 0.72, "half": 1.25, "head": 2.3}


@dataclass(frozen=True)
class Design:
    """How a figure looks."""

    name: str
    in_cast: bool
    skin: Colour
    clothes: Colour
    trim: Colour
    eyes: Colour
    ears: str
    body: str
    pattern: str
    head: float
    girth: float


@dataclass(frozen=True)
class Appearance:
    """A figure at one moment: its box (left, top, right, bottom), and what it does.

    `state` changes whenever a person would say that the picture of the figure is another one.
    """

    name: str
    in_cast: bool
    box: tuple[int, int, int, int]
    state: tuple[int, str]
    shot: int
    framing: str


@dataclass(frozen=True)
class _Act:
    """A figure in a shot: where it begins and goes, and its states with their starts."""

    design: Design
    start: float
    speed: float
    states: tuple[tuple[float, int, str], ...]
    flipped: bool


@dataclass(frozen=True)
class _Shot:
    number: int
    start: float
    end: float
    location: int
    framing: str
    light: tuple[float, float, float]
    pan: float
    acts: tuple[_Act, ...]


@dataclass(frozen=True)
class CastFilm:
    """A film and its truth."""

    seed: int
    seconds: float
    cast: tuple[Design, ...]
    strangers: tuple[Design, ...]
    shots: tuple[_Shot, ...]
    grain: float

    def shot_at(self, seconds: float) -> _Shot:
        """The shot of a moment."""
        return next(
            (shot for shot in self.shots if shot.start <= seconds < shot.end), self.shots[-1]
        )

    def appearances(self, seconds: float) -> tuple[Appearance, ...]:
        """Who is to be seen at a time, in the order in which they are drawn."""
        shot = self.shot_at(seconds)
        found = []
        for act in shot.acts:
            box = _box(shot, act, seconds)
            if box is None:
                continue
            pose, expression = _state(act, seconds)
            if shot.framing == "head":
                pose = 0  # the arms are not to be seen
            found.append(
                Appearance(
                    act.design.name,
                    act.design.in_cast,
                    box,
                    (pose, expression),
                    shot.number,
                    shot.framing,
                )
            )
        return tuple(found)

    def picture(self, seconds: float) -> Picture:
        """`(540, 960, 3)` uint8, BGR: the same for the same time."""
        shot = self.shot_at(seconds)
        canvas = _scene(self.seed, shot.location, shot.pan * (seconds - shot.start))
        for act in shot.acts:
            _draw_figure(canvas, shot, act, seconds)
        lit = canvas.astype(np.float32) * np.array(shot.light, np.float32)
        if self.grain:
            noise = np.random.default_rng((self.seed, round(seconds * 1000)))
            lit += noise.normal(0, self.grain, (HEIGHT, WIDTH, 1)).astype(np.float32)
        return np.clip(lit, 0, 255).astype(np.uint8)

    def write(self, path: Path) -> None:
        """Encode it as H.264 in MP4, a keyframe every 4 seconds."""
        part = path.with_suffix(".part.mp4")
        with av.open(str(part), "w") as output:
            stream: Any = output.add_stream("libx264", rate=FPS, options={"preset": "veryfast"})
            stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
            stream.codec_context.gop_size = 4 * FPS
            stream.codec_context.thread_count = 1  # the same film for any number of cores
            for index in range(round(self.seconds * FPS)):
                frame = av.VideoFrame.from_ndarray(self.picture(index / FPS), format="bgr24")
                output.mux(stream.encode(frame))
            output.mux(stream.encode())
        part.replace(path)


def cast_film(seed: int, *, seconds: float = 120, cast: int = 4, strangers: int = 3) -> CastFilm:
    """Make up a film. Two films of different seeds share nothing.

    Args:
        seconds: length.
        cast: characters that have references.
        strangers: others, who have none; each is in few shots.
    """
    chance = np.random.default_rng(seed)
    designs = _designs(chance, cast, strangers)
    shots = tuple(_shots(chance, seconds, designs[:cast], designs[cast:]))
    return CastFilm(seed, seconds, designs[:cast], designs[cast:], shots, float(seed % 3) * 1.5)


def references(film: CastFilm, number: int = 3) -> dict[str, list[tuple[Picture, Appearance]]]:
    """Pictures of each member of the cast from a reel that is not part of the film.

    They are taken as people take them: the whole figure and closer ones, in other places.
    """
    chance = np.random.default_rng((film.seed, 1))
    found: dict[str, list[tuple[Picture, Appearance]]] = {}
    for design in film.cast:
        for place in range(number):
            framing = ("full", "half", "full", "head")[place % 4]
            shot = _Shot(
                number=0,
                start=0,
                end=10,
                location=int(chance.integers(100, 200)),
                framing=framing,
                light=(1.0, 1.0, 1.0),
                pan=0,
                acts=(
                    _Act(
                        design,
                        WIDTH / 2,
                        0,
                        ((0, int(chance.integers(len(POSES))), EXPRESSIONS[place % 5]),),
                        bool(chance.integers(2)),
                    ),
                ),
            )
            reel = CastFilm(film.seed, 10, film.cast, (), (shot,), 0)
            found.setdefault(design.name, []).append((reel.picture(0), reel.appearances(0)[0]))
    return found


def _designs(chance: np.random.Generator, cast: int, strangers: int) -> tuple[Design, ...]:
    names = ["Ada", "Bo", "Cleo", "Dun", "Eli", "Fay"][:cast]
    names += [f"stranger {number + 1}" for number in range(strangers)]
    hues = chance.permutation(np.arange(len(names)) * 180 // len(names))
    designs = []
    for number, name in enumerate(names):
        hue = int(hues[number]) + int(chance.integers(-6, 7))
        designs.append(
            Design(
                name=name,
                in_cast=number < cast,
                skin=_colour(int(chance.integers(180)), int(chance.integers(30, 120)), 225),
                clothes=_colour(
                    hue, int(chance.integers(130, 220)), int(chance.integers(110, 220))
                ),
                trim=_colour(hue + 70 + int(chance.integers(40)), 180, 200),
                eyes=_colour(int(chance.integers(180)), 200, 90),
                ears=str(chance.choice(["round", "long", "pointed", "hat", "hair"])),
                body=str(chance.choice(["round", "square", "tall"])),
                pattern=str(chance.choice(["plain", "stripes", "dots", "scarf"])),
                head=float(chance.uniform(0.13, 0.19)),
                girth=float(chance.uniform(0.13, 0.2)),
            )
        )
    return tuple(designs)


def _colour(hue: int, saturation: int, value: int) -> Colour:
    pixel = cv2.cvtColor(np.array([[[hue % 180, saturation, value]]], np.uint8), cv2.COLOR_HSV2BGR)
    blue, green, red = (int(part) for part in pixel[0, 0])
    return blue, green, red


def _shots(
    chance: np.random.Generator,
    seconds: float,
    cast: tuple[Design, ...],
    strangers: tuple[Design, ...],
) -> Iterator[_Shot]:
    start, number = 0.0, 0
    while start < seconds:
        end = min(seconds, start + float(chance.integers(3, 10)))
        if seconds - end < 2:
            end = seconds
        framing = str(chance.choice(list(FRAMINGS), p=[0.2, 0.4, 0.25, 0.15]))
        most = {"wide": 4, "full": 3, "half": 2, "head": 1}[framing]
        count = int(chance.integers(1, most + 1))
        people = [cast[place] for place in chance.permutation(len(cast))[:count]]
        if strangers and chance.random() < 0.25:
            people[-1] = strangers[int(chance.integers(len(strangers)))]
        still = chance.random() < 0.45
        slots = (np.arange(len(people)) + 0.5) * WIDTH / len(people)
        acts = tuple(
            _Act(
                design,
                float(slots[place] + chance.uniform(-0.06, 0.06) * WIDTH),
                0.0 if still or framing == "head" else float(chance.uniform(-22, 22)),
                _states(chance, start, end),
                bool(chance.integers(2)),
            )
            for place, design in enumerate(people)
        )
        light = tuple(float(part) for part in chance.uniform(0.8, 1.08, 3))
        if chance.random() < 0.2:
            light = (0.62, 0.55, 0.5)  # dusk
        pan = 0.0 if still else float(chance.choice([0, 0, 14, -14]))
        yield _Shot(number, start, end, int(chance.integers(4)), framing, light, pan, acts)  # type: ignore[arg-type]
        start, number = end, number + 1


def _states(
    chance: np.random.Generator, start: float, end: float
) -> tuple[tuple[float, int, str], ...]:
    """A state is held for two to five seconds; half of the changes are of the face alone."""
    states = []
    pose, expression = int(chance.integers(len(POSES))), str(chance.choice(EXPRESSIONS))
    while start < end:
        states.append((start, pose, expression))
        start += float(chance.integers(2, 6))
        if chance.random() < 0.5:
            pose = int(chance.integers(len(POSES)))
        expression = str(chance.choice([each for each in EXPRESSIONS if each != expression]))
    return tuple(states)


def _state(act: _Act, seconds: float) -> tuple[int, str]:
    _, pose, expression = [state for state in act.states if state[0] <= seconds][-1]
    return pose, expression


def _placed(shot: _Shot, act: _Act, seconds: float) -> tuple[float, float, float]:
    """Where the feet are (x, y), and how tall the figure is, in pixels."""
    tall = FRAMINGS[shot.framing] * HEIGHT
    x = act.start + act.speed * (seconds - shot.start)
    ground = {"wide": 0.86, "full": 0.93, "half": 1.38, "head": 2.36}[shot.framing] * HEIGHT
    breath = 1.2 * math.sin(2.1 * seconds + act.start)
    return x, ground + breath, tall


def _box(shot: _Shot, act: _Act, seconds: float) -> tuple[int, int, int, int] | None:
    x, ground, tall = _placed(shot, act, seconds)
    pose, _ = _state(act, seconds)
    left_arm, right_arm, feet = POSES[pose]
    reach, shoulder_x = 0.25 * tall, 0.75 * act.design.girth * tall
    shoulder = ground - 0.6 * tall
    left_hand = -shoulder_x + math.sin(math.radians(left_arm)) * reach
    right_hand = shoulder_x + math.sin(math.radians(right_arm)) * reach
    side = max(act.design.girth, feet + 0.03, act.design.head) * tall
    low, high = x + min(-side, left_hand), x + max(side, right_hand)
    if act.flipped:
        low, high = 2 * x - high, 2 * x - low
    hand = shoulder - reach if max(abs(left_arm), abs(right_arm)) > 120 else ground
    top = min(ground - tall * (1.16 if act.design.ears in ("long", "hat") else 1.02), hand)
    left, right = max(0, round(low)), min(WIDTH, round(high))
    upper, lower = max(0, round(top)), min(HEIGHT, round(ground + 0.02 * tall))
    if right - left < 40 or lower - upper < 40:
        return None
    return left, upper, right, lower


@lru_cache(maxsize=16)
def _panorama(seed: int, location: int) -> Picture:
    """A wide background: sky, ground, and things on it."""
    chance = np.random.default_rng((seed, location, 7))
    wide = WIDTH + 400
    sky = np.array(_colour(int(chance.integers(180)), int(chance.integers(20, 110)), 225))
    low = np.array(_colour(int(chance.integers(180)), int(chance.integers(20, 90)), 180))
    height = np.linspace(0, 1, HEIGHT)[:, None, None]
    picture = np.repeat(sky * (1 - height) + low * height, wide, 1).astype(np.uint8)
    ground = _colour(int(chance.integers(180)), int(chance.integers(40, 150)), 130)
    cv2.rectangle(picture, (0, round(0.72 * HEIGHT)), (wide, HEIGHT), ground, -1)
    for _ in range(14):
        x, size = int(chance.integers(wide)), int(chance.integers(30, 150))
        colour = _colour(
            int(chance.integers(180)), int(chance.integers(30, 160)), int(chance.integers(70, 220))
        )
        y = int(chance.integers(round(0.4 * HEIGHT), round(0.8 * HEIGHT)))
        if chance.random() < 0.5:
            cv2.rectangle(picture, (x, y - size), (x + size // 2, y), colour, -1, cv2.LINE_AA)
        else:
            cv2.line(picture, (x, y), (x, y - size), (40, 60, 80), max(4, size // 10), cv2.LINE_AA)
            cv2.circle(picture, (x, y - size), size // 3, colour, -1, cv2.LINE_AA)
    texture = chance.normal(0, 3, (HEIGHT, wide, 1))
    return np.clip(picture + texture, 0, 255).astype(np.uint8)


def _scene(seed: int, location: int, shifted: float) -> Picture:
    left = round(200 + max(-200, min(200, shifted)))
    return _panorama(seed, location)[:, left : left + WIDTH].copy()


def _draw_figure(canvas: Picture, shot: _Shot, act: _Act, seconds: float) -> None:
    design = act.design
    x, ground, tall = _placed(shot, act, seconds)
    pose, expression = _state(act, seconds)
    left_arm, right_arm, feet = POSES[pose]
    turned = -1 if act.flipped else 1

    def at(across: float, up: float) -> tuple[float, float]:
        return x + turned * across * tall, ground - up * tall

    dark: Colour = tuple(part // 3 for part in design.clothes)  # type: ignore[assignment]
    for foot in (-feet, feet):
        _line(canvas, at(foot * 0.5, 0.3), at(foot, 0.0), dark, 0.055 * tall)
    _body(canvas, design, at, tall)
    for side, arm in ((-1, left_arm), (1, right_arm)):
        shoulder = (side * design.girth * 0.75, 0.6)
        angle = math.radians(arm)
        hand = (shoulder[0] + 0.22 * math.sin(angle), shoulder[1] - 0.22 * math.cos(angle))
        _line(canvas, at(*shoulder), at(*hand), design.clothes, 0.05 * tall)
        _ellipse(canvas, at(*hand), (0.033 * tall, 0.033 * tall), design.skin)
    _head(canvas, design, at, tall, expression)


def _body(canvas: Picture, design: Design, at: Any, tall: float) -> None:
    girth = design.girth
    if design.body == "square":
        corners = [at(-girth, 0.66), at(girth, 0.66), at(girth * 0.9, 0.27), at(-girth * 0.9, 0.27)]
        _polygon(canvas, corners, design.clothes)
    else:
        narrow = 0.8 if design.body == "tall" else 1.05
        _ellipse(canvas, at(0, 0.46), (girth * narrow * tall, 0.21 * tall), design.clothes)
    if design.pattern == "stripes":
        for height in (0.36, 0.46, 0.56):
            _line(
                canvas, at(-girth * 0.7, height), at(girth * 0.7, height), design.trim, 0.03 * tall
            )
    elif design.pattern == "dots":
        for across, height in ((-0.4, 0.4), (0.4, 0.4), (0, 0.48), (-0.4, 0.56), (0.4, 0.56)):
            _ellipse(canvas, at(across * girth, height), (0.025 * tall,) * 2, design.trim)
    elif design.pattern == "scarf":
        _line(canvas, at(-girth * 0.8, 0.65), at(girth * 0.8, 0.65), design.trim, 0.06 * tall)
        _line(canvas, at(girth * 0.4, 0.65), at(girth * 0.6, 0.45), design.trim, 0.05 * tall)


def _head(canvas: Picture, design: Design, at: Any, tall: float, expression: str) -> None:
    size = design.head
    middle = 0.66 + size * 0.9
    if design.ears == "long":
        for side in (-0.5, 0.5):
            _ellipse(
                canvas,
                at(side * size, middle + 1.3 * size),
                (0.25 * size * tall, 0.75 * size * tall),
                design.skin,
            )
    elif design.ears == "round":
        for side in (-0.8, 0.8):
            _ellipse(
                canvas,
                at(side * size, middle + 0.75 * size),
                (0.35 * size * tall,) * 2,
                design.trim,
            )
    elif design.ears == "pointed":
        for side in (-1, 1):
            _polygon(
                canvas,
                [
                    at(side * 0.95 * size, middle + 0.2 * size),
                    at(side * 0.35 * size, middle + 0.9 * size),
                    at(side * 0.85 * size, middle + 1.3 * size),
                ],
                design.skin,
            )
    _ellipse(canvas, at(0, middle), (size * tall, 0.95 * size * tall), design.skin)
    if design.ears == "hat":
        _polygon(
            canvas,
            [
                at(-1.0 * size, middle + 0.55 * size),
                at(1.0 * size, middle + 0.55 * size),
                at(0.5 * size, middle + 1.5 * size),
                at(-0.5 * size, middle + 1.5 * size),
            ],
            design.trim,
        )
    elif design.ears == "hair":
        for side in (-0.7, -0.35, 0, 0.35, 0.7):
            _ellipse(
                canvas,
                at(side * size, middle + 0.75 * size),
                (0.32 * size * tall,) * 2,
                design.trim,
            )
    _face(canvas, design, at, size * tall, middle, expression)


def _face(
    canvas: Picture, design: Design, at: Any, unit: float, middle: float, expression: str
) -> None:
    size = design.head
    ink: Colour = (30, 25, 40)
    for side in (-0.38, 0.38):
        eye = at(side * size, middle + 0.15 * size)
        if expression == "asleep":
            _line(
                canvas,
                (eye[0] - 0.15 * unit, eye[1]),
                (eye[0] + 0.15 * unit, eye[1]),
                ink,
                0.07 * unit,
            )
            continue
        tall = {"open": 0.3, "sad": 0.16}.get(expression, 0.22)
        _ellipse(canvas, eye, (0.17 * unit, tall * unit), (250, 250, 250))
        _ellipse(canvas, eye, (0.09 * unit, 0.1 * unit), design.eyes)
        if expression == "sad":
            lift = 0.12 * unit * (1 if side < 0 else -1)
            _line(
                canvas,
                (eye[0] - 0.2 * unit, eye[1] - 0.28 * unit + lift),
                (eye[0] + 0.2 * unit, eye[1] - 0.28 * unit - lift),
                ink,
                0.06 * unit,
            )
    mouth = at(0, middle - 0.45 * size)
    if expression == "open":
        _ellipse(canvas, mouth, (0.2 * unit, 0.24 * unit), (40, 30, 120))
    elif expression in ("smile", "sad"):
        up = -1 if expression == "smile" else 1
        points = [
            (mouth[0] + across * unit, mouth[1] + up * (across * across * 2.6 - 0.1) * unit)
            for across in (-0.36, -0.2, 0, 0.2, 0.36)
        ]
        for first, second in pairwise(points):
            _line(canvas, first, second, ink, 0.07 * unit)
    else:
        _line(
            canvas,
            (mouth[0] - 0.2 * unit, mouth[1]),
            (mouth[0] + 0.2 * unit, mouth[1]),
            ink,
            0.07 * unit,
        )


def _fixed(point: tuple[float, float]) -> tuple[int, int]:
    return round(point[0] * 2**_SHIFT), round(point[1] * 2**_SHIFT)


def _line(
    canvas: Picture,
    first: tuple[float, float],
    second: tuple[float, float],
    colour: Colour,
    thick: float,
) -> None:
    cv2.line(
        canvas, _fixed(first), _fixed(second), colour, max(1, round(thick)), cv2.LINE_AA, _SHIFT
    )


def _ellipse(
    canvas: Picture, middle: tuple[float, float], axes: tuple[float, float], colour: Colour
) -> None:
    cv2.ellipse(canvas, _fixed(middle), _fixed(axes), 0, 0, 360, colour, -1, cv2.LINE_AA, _SHIFT)


def _polygon(canvas: Picture, corners: list[tuple[float, float]], colour: Colour) -> None:
    points = np.array([_fixed(corner) for corner in corners], np.int32)
    cv2.fillPoly(canvas, [points], colour, cv2.LINE_AA, _SHIFT)
