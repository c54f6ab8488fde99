"""Measures how the product's own logic chooses and names crops, on drawn films with truth.

    make bench-characters             films of both halves, all embedders
    .venv/bin/python bench/characters.py --films more --method ours
    .venv/bin/python bench/characters.py --help

Finders are not measured: the boxes are the true ones with seeded noise (5 % jitter, misses, false
boxes), because the recall of the stand-in of a local stack is not that of a service. Thresholds and
rules were chosen on the films of the half "tune" alone; the half "report" is used to measure. The
eight films of "more" came later, because a share of four films changes by half a percent with each
picture.

The embedder "ideal" answers the truth with a little noise: what it loses, the logic loses.

- found: of the appearances of the cast in the sampled frames, those that got a box. No logic
  can name the others right.
- right, wrong: of the same appearances, found or not, those that end up under their own name, or
  under another one. An appearance ends up as the crop that was kept instead of it, or as the frame
  that it equals.
- strangers named: of the appearances of figures without references, those that got a name.
- poses kept: of the different pictures of a figure (pose, expression and shot) that a sampled frame
  shows, those that a kept crop shows.
- framing right: of the crops whose figure is known, those that say rightly whether an edge of the
  frame cuts it off.
- duplicates left: of the kept crops, those that show the figure as another kept crop of the same
  shot does.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from characters_films import Found, shown_by
from characters_vectors import (
    Embedded,
    Ideal,
    Lite0Embedder,
    StandIn,
    TextureEmbedder,
    Vectors,
    fetch_lite0,
)
from drawn.cast import HEIGHT, WIDTH, Appearance, CastFilm, cast_film

from onmodel.contracts.framing import Framing
from onmodel.contracts.settings import Settings
from onmodel.vision.changes import Figures
from onmodel.vision.duplicates import find_duplicates, find_track_duplicates
from onmodel.vision.tracks import find_tracks

SEEDS = {"tune": (2, 3, 4, 5), "report": (12, 13, 14, 15), "more": tuple(range(22, 30))}
FIXED = 0.65  # the threshold that was the default before it was measured
SIDE = 512  # of the crops; the vectors are of smaller pictures still
LEAST_SIDE = 132  # pixels; smaller figures are refused by the settings, jitter included


@dataclass
class Score:
    """Counts over films; shares by the properties of `figures`."""

    found: int = 0
    right: int = 0
    wrong: int = 0
    cast: int = 0
    strangers_named: int = 0
    strangers: int = 0
    poses_kept: int = 0
    poses: int = 0
    duplicates: int = 0
    kept: int = 0
    framed: int = 0
    framed_right: int = 0
    asked: int = 0
    frames: int = 0

    def add(self, other: Score) -> None:
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)

    def figures(self) -> dict[str, float]:
        """Shares in percent, and frames asked for of a minute."""
        return {
            "found": 100 * self.found / max(1, self.cast),
            "right": 100 * self.right / max(1, self.cast),
            "wrong": 100 * self.wrong / max(1, self.cast),
            "strangers named": 100 * self.strangers_named / max(1, self.strangers),
            "poses kept": 100 * self.poses_kept / max(1, self.poses),
            "duplicates left": 100 * self.duplicates / max(1, self.kept),
            "framing right": 100 * self.framed_right / max(1, self.framed),
            "asked a minute": 60 * self.asked / max(1, self.frames),
        }


@dataclass(frozen=True)
class Outcome:
    """The answer of a method: for each crop the kept one that stands for it, and its name."""

    stands_for: Sequence[int]
    names: Sequence[str | None]


def one_threshold(film: CastFilm, found: Found, settings: Settings, source: Vectors) -> Outcome:
    """Every crop by itself, duplicates and names by one fixed threshold each."""
    naming = settings.naming.model_copy(update={"threshold": FIXED})
    crops, vectors = found.result.crops, np.stack(found.result.vectors)
    quality = np.array([crop.quality for crop in crops])
    kept_by = find_duplicates(vectors, quality, settings.deduplication.threshold)
    names = [each.character for each in source.namer(film, found, naming).name(crops, vectors)]
    stands = [place if kept < 0 else int(kept) for place, kept in enumerate(kept_by)]
    return Outcome(stands, [names[place] for place in stands])


def score(film: CastFilm, found: Found, outcome: Outcome) -> Score:
    """Compare a method's answer with the truth."""
    result = Score(asked=len(found.asked), frames=len(found.times))
    crops = found.result.crops
    shown = [shown_by(film, crop) for crop in crops]
    at: dict[float, list[int]] = {}
    for place, each in enumerate(crops):
        at.setdefault(each.timecode_seconds, []).append(place)
    kept = [place for place, stands in enumerate(outcome.stands_for) if stands == place]
    pictures = [_picture(shown[place]) for place in kept]
    poses: set[object] = set()
    for seconds in found.times:
        for truth in film.appearances(seconds):
            if min(truth.box[2] - truth.box[0], truth.box[3] - truth.box[1]) < LEAST_SIDE:
                continue
            poses.add(_picture(truth))
            crop = _crop_of(truth, at, shown, found.unchanged.get(seconds, seconds))
            named = None if crop is None else outcome.names[crop]
            if truth.in_cast:
                result.cast += 1
                result.found += crop is not None
                result.right += named == truth.name
                result.wrong += named is not None and named != truth.name
            else:
                result.strangers += 1
                result.strangers_named += named is not None
    for crop, truth in zip(crops, shown, strict=True):
        if truth is not None and crop.framing is not None:
            result.framed += 1
            result.framed_right += (crop.framing == Framing.PART) == _is_cut(truth)
    result.poses = len(poses)
    result.poses_kept = len(poses & {picture for picture in pictures if picture})
    result.kept = len(kept)
    known = [picture for picture in pictures if picture]
    result.duplicates = len(known) - len(set(known))
    return result


def _is_cut(truth: Appearance) -> bool:
    """Whether an edge of the frame cuts the figure off."""
    left, top, right, bottom = truth.box
    return left <= 0 or top <= 0 or right >= WIDTH or bottom >= HEIGHT


def _picture(truth: Appearance | None) -> tuple[object, ...] | None:
    return None if truth is None else (truth.name, truth.state, truth.shot)


def _crop_of(
    truth: Appearance,
    at: dict[float, list[int]],
    shown: Sequence[Appearance | None],
    seconds: float,
) -> int | None:
    for place in at.get(seconds, ()):
        other = shown[place]
        if other is not None and other.name == truth.name:
            return place
    return None


def by_tracks(film: CastFilm, found: Found, settings: Settings, source: Vectors) -> Outcome:
    """The product's own way: tracks, visible changes, one vote for each track."""
    vectors = np.stack(found.result.vectors)
    tracks = find_tracks(found.result.crops, vectors)
    crops = [
        crop.model_copy(update={"track": int(track)})
        for crop, track in zip(found.result.crops, tracks, strict=True)
    ]
    quality = np.array([crop.quality for crop in crops], np.float32)
    figures = Figures(crops, found.result.thumbnails)
    choice = settings.deduplication
    kept_by = find_track_duplicates(
        vectors,
        quality,
        tracks,
        np.array([crop.timecode_seconds for crop in crops]),
        choice.threshold,
        change=figures.change,
        least_change=choice.visible_change,
    )
    kept = np.flatnonzero(kept_by < 0)
    namer = source.namer(film, found, settings.naming)
    answers = namer.name([crops[place] for place in kept], vectors[kept])
    named = {int(place): answer.character for place, answer in zip(kept, answers, strict=True)}
    stands = [place if other < 0 else int(other) for place, other in enumerate(kept_by)]
    return Outcome(stands, [named[place] for place in stands])


METHODS = {
    "every crop, one threshold": (True, one_threshold),
    "ours, every frame asked about": (True, by_tracks),
    "ours": (False, by_tracks),
}
"""Whether the finder is asked about every frame, and what is made of its answers."""


EMBEDDERS: Mapping[str, Callable[[], Vectors]] = {
    "ideal": Ideal,
    "stand-in": lambda: Embedded(StandIn()),
    "lite0": lambda: Embedded(Lite0Embedder(fetch_lite0())),
    "lite0-texture": lambda: Embedded(TextureEmbedder(fetch_lite0())),
}


def measure(
    seeds: Iterable[int], source: Vectors, methods: Collection[str] = tuple(METHODS)
) -> dict[str, Score]:
    """The scores of methods on some films, added up."""
    settings = Settings()
    settings = settings.model_copy(
        update={"crop": settings.crop.model_copy(update={"side": SIDE, "max_enlargement": 16.0})}
    )
    totals = {method: Score() for method in methods}
    for seed in seeds:
        film = cast_film(seed)
        sampled = {
            every_frame: source.sample(film, settings, every_frame=every_frame)
            for every_frame in {METHODS[method][0] for method in methods}
        }
        for method in methods:
            every_frame, answer = METHODS[method]
            found = sampled[every_frame]
            totals[method].add(score(film, found, answer(film, found, settings, source)))
    return totals


def main() -> None:
    """Measure, print Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--quick", action="store_true", help="one film of each half, without the network"
    )
    parser.add_argument("--embedder", choices=EMBEDDERS, help="this one alone")
    parser.add_argument(
        "--films", choices=SEEDS, help='these alone; without it "tune" and "report"'
    )
    parser.add_argument("--method", choices=METHODS, help="this one alone")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures")
    options = parser.parse_args()
    chosen = [options.embedder] if options.embedder else list(EMBEDDERS)
    if options.quick and not options.embedder:
        chosen = ["ideal", "stand-in"]
    methods = [options.method] if options.method else list(METHODS)
    rows = []
    for source in (EMBEDDERS[name]() for name in chosen):
        for films in [options.films] if options.films else ["tune", "report"]:
            seeds = SEEDS[films][: 1 if options.quick else None]
            for method, total in measure(seeds, source, methods).items():
                figures = {name: round(value, 1) for name, value in total.figures().items()}
                rows.append({"embedder": source.model, "films": films, "method": method} | figures)
    print("| " + " | ".join(rows[0]) + " |\n|" + "---|" * len(rows[0]))
    for row in rows:
        print("| " + " | ".join(str(value) for value in row.values()) + " |")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
