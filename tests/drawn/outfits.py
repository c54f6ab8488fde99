"""Drawn films whose characters have two outfits: truth for telling looks apart."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from drawn.cast import CastFilm, Colour, Design

PATTERNS = ("plain", "stripes", "dots", "scarf")
FEWEST_SHOTS = 4  # of a character that wears a third outfit in one of them


def changed_clothes(design: Design, seed: int) -> Design:
    """The same character in other clothes: their colours and pattern, nothing of its head."""
    chance = np.random.default_rng((seed, *design.name.encode()))
    turn = int(chance.integers(50, 130))
    others = [pattern for pattern in PATTERNS if pattern != design.pattern]
    return replace(
        design,
        clothes=_turned(design.clothes, turn),
        trim=_turned(design.trim, turn),
        pattern=str(chance.choice(others)),
    )


def with_outfits(film: CastFilm) -> tuple[CastFilm, dict[tuple[int, str], int]]:
    """The film with each member of the cast in one of two outfits in each shot.

    Returns:
        The film, and the outfit, 0 or 1, by the shot's number and the character's name.
    """
    chance = np.random.default_rng((film.seed, 99))
    worn: dict[tuple[int, str], int] = {}
    shots = []
    for shot in film.shots:
        acts = []
        for act in shot.acts:
            outfit = int(chance.integers(2)) if act.design.in_cast else 0
            worn[shot.number, act.design.name] = outfit
            design = changed_clothes(act.design, film.seed) if outfit else act.design
            acts.append(replace(act, design=design))
        shots.append(replace(shot, acts=tuple(acts)))
    return replace(film, shots=tuple(shots)), worn


def with_one_offs(film: CastFilm) -> tuple[CastFilm, dict[tuple[int, str], int]]:
    """The film with two outfits, and each member of the cast in a third one in one of its shots.

    Returns:
        The film, and the outfit, 0 to 2, by the shot's number and the character's name.
    """
    dressed, worn = with_outfits(film)
    chance = np.random.default_rng((film.seed, 77))
    odd: dict[str, int] = {}
    for design in film.cast:
        own = [shot for shot, name in worn if name == design.name]
        if len(own) >= FEWEST_SHOTS:
            odd[design.name] = int(chance.choice(own))
    shots = []
    for shot in dressed.shots:
        acts = tuple(
            replace(act, design=third_clothes(film, act.design.name))
            if odd.get(act.design.name) == shot.number
            else act
            for act in shot.acts
        )
        shots.append(replace(shot, acts=acts))
    worn |= {(number, name): 2 for name, number in odd.items()}
    return replace(dressed, shots=tuple(shots)), worn


def third_clothes(film: CastFilm, name: str) -> Design:
    """A member of the cast in its third outfit."""
    (design,) = (each for each in film.cast if each.name == name)
    return changed_clothes(design, film.seed + 1000)


def _turned(colour: Colour, hue: int) -> Colour:
    """Another hue, in OpenCV's half degrees."""
    hsv = cv2.cvtColor(np.array([[colour]], np.uint8), cv2.COLOR_BGR2HSV)
    hsv[0, 0, 0] = (int(hsv[0, 0, 0]) + hue) % 180
    blue, green, red = (int(part) for part in cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR)[0, 0])
    return blue, green, red
