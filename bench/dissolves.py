"""Measures which frames of dissolves and fades are dropped, and which good ones are lost.

    .venv/bin/python bench/dissolves.py [--interval 0.5] [--json FILE]

Films are drawn: dissolves of 0.4 to 3 s, fades through black and hard cuts between shots that stand
still, pan, zoom, get darker, flash, or are crossed by figures in half a second. The rule was chosen
on the films of the half "tune" alone.

- shown: of the sampled frames, those in which two pictures can be seen, each with 15 % or more of
  its light (a fade's other picture is black).
- dropped: of these, those that are dropped as a fade, or as black or blank.
- good: sampled frames outside dissolves and fades.
- lost: of these, those that are dropped as a fade.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from drawn.cuts import FORMS, FPS, KnownFilm, Shot, draw_shots  # noqa: E402

from onmodel.contracts.crops import RejectReason  # noqa: E402
from onmodel.contracts.sampling_settings import Sampling  # noqa: E402
from onmodel.video import DroppedFrame, sample_frames, select_frames  # noqa: E402

SEEDS = {"tune": (1, 2, 3, 4), "report": (11, 12, 13, 14)}
SHOTS = 24
SEEN = 0.15  # of the light of a picture: less is not seen beside the other one
WITHOUT_LIGHT = (RejectReason.BLACK, RejectReason.BLANK)
CACHE = ROOT / ".cache" / "bench" / "dissolves"


def script(seed: int) -> tuple[Shot, ...]:
    """Shots of all kinds, between them dissolves, fades and cuts."""
    dice = random.Random(seed)
    shots: list[Shot] = []
    for scene in range(seed * 1000, seed * 1000 + SHOTS):
        shot = _shot(dice, scene)
        way = dice.choice(["cut", "dissolve", "dissolve", "fade"]) if shots else "cut"
        slope = round(dice.uniform(0.4, 3) * FPS)
        if way == "dissolve":
            shots[-1] = replace(shots[-1], frames=shots[-1].frames + slope)
            shot = replace(shot, frames=shot.frames + slope, dissolve=slope)
        elif way == "fade":
            shots[-1] = replace(shots[-1], frames=shots[-1].frames + slope, fade_out=slope)
            shot = replace(shot, frames=shot.frames + slope, fade_in=slope)
        shots.append(shot)
    return tuple(shots)


def _shot(dice: random.Random, scene: int) -> Shot:
    frames = round(dice.uniform(2.5, 5) * FPS)
    shot = Shot("plain", scene, frames, dice.random(), zoom=dice.uniform(0.9, 1.4))
    kind = dice.choice(["plain", "plain", "pan", "zoom", "light", "flash", "fast"])
    if kind == "pan":
        return replace(shot, kind="pan", x=0.02, speed=dice.choice([0.05, 0.15, 0.3]))
    if kind == "zoom":
        return replace(shot, zooming=dice.choice([1.03, 1.1, 1.2]))
    if kind == "light":
        return replace(shot, lit=dice.choice([0.95, 0.85]))
    if kind == "flash":
        return replace(shot, kind="flash", flashes=(frames // 2, frames // 2 + 1))
    return replace(shot, kind="fast", busy=True) if kind == "fast" else shot


def film_of(seed: int) -> tuple[KnownFilm, tuple[Shot, ...]]:
    """The film of a seed, drawn now or by an earlier run, in one of four forms."""
    shots = script(seed)
    form = FORMS[(0, 1, 3, 5)[seed % 4]]
    return draw_shots(CACHE, form, shots, seed), shots


def share_of_other(film: KnownFilm, shots: tuple[Shot, ...], seconds: float) -> float:
    """How much of its light the less visible picture has; 0 outside dissolves and fades."""
    at = 0
    for shot in shots:
        start = at - shot.dissolve
        if shot.dissolve and start <= seconds * FPS < at:
            share = (seconds * FPS - start + 1) / (shot.dissolve + 1)
            return min(share, 1 - share)
        if shot.fade_in and start <= seconds * FPS < start + shot.fade_in:
            share = (seconds * FPS - start + 1) / (shot.fade_in + 1)
            return min(share, 1 - share)
        at = start + shot.frames
        if shot.fade_out and at - shot.fade_out <= seconds * FPS < at:
            share = (at - seconds * FPS) / (shot.fade_out + 1)
            return min(share, 1 - share)
    return 0.0


def measure(seeds: tuple[int, ...], interval: float) -> Counter[str]:
    """Counts over films: shown, dropped, good and lost frames."""
    counts: Counter[str] = Counter()
    for seed in seeds:
        film, shots = film_of(seed)
        for each in select_frames(sample_frames(film.path, interval), Sampling()):
            reason = each.reason if isinstance(each, DroppedFrame) else None
            seconds = each.timecode_seconds
            if share_of_other(film, shots, seconds) >= SEEN:
                counts["shown"] += 1
                counts["dropped"] += reason in (RejectReason.FADE, *WITHOUT_LIGHT)
            elif not any(start <= seconds < end for start, end in film.gradual):
                counts["good"] += 1
                counts["lost"] += reason == RejectReason.FADE
    return counts


def main() -> None:
    """Measure both halves, print Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--interval", type=float, default=1.0, help="seconds between samples")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures")
    options = parser.parse_args()
    rows = [{"films": half, **measure(seeds, options.interval)} for half, seeds in SEEDS.items()]
    names = ("films", "shown", "dropped", "good", "lost")
    print("| " + " | ".join(names) + " |\n|" + "---|" * len(names))
    for row in rows:
        print("| " + " | ".join(str(row.get(name, 0)) for name in names) + " |")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
