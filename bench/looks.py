"""Measures whether vectors tell the outfits of a character apart, on drawn films with two of each.

    .venv/bin/python bench/looks.py            two films of each half, two embedders
    .venv/bin/python bench/looks.py --quick    the stand-in of a local stack alone

Boxes and names are the true ones: what is lost is lost by vectors and rules.

- crop, figure, balanced: of all pairs of shots of one character, how often two with the same outfit
  are more alike than two with different ones; by the vectors that are stored with crops, by those
  of figures without their background, and by those in balanced light. 50 is chance.
- right, wrong: tracks whose outfit `vision.looks` tells rightly and wrongly by three references of
  each; of the others it says nothing.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
import numpy.typing as npt
from characters_vectors import Lite0Embedder, StandIn, fetch_lite0  # puts tests/ on the path
from drawn.cast import HEIGHT, WIDTH, Appearance, CastFilm, Picture, cast_film, references
from drawn.outfits import changed_clothes, with_outfits

from onmodel.contracts.arrays import Vector
from onmodel.contracts.base import Box
from onmodel.contracts.settings import CropSettings
from onmodel.ports.models import Embedder
from onmodel.vision.cropping import cut_crop
from onmodel.vision.encoding import encode_for_service
from onmodel.vision.geometry import crop_window
from onmodel.vision.light import balance_jpeg
from onmodel.vision.looks import nearest_looks
from onmodel.vision.track_groups import Tracks

SEEDS = {"tune": (2, 3), "report": (12, 13)}
SECONDS = 2.0  # between two sampled frames
LEAST_SIDE = 132  # pixels, as of bench/characters.py
KINDS = ("crop", "figure", "balanced")
Track = tuple[int, str, int]
"""Seed of the film, character, shot."""


def pictures(film: CastFilm, embedder: Embedder) -> dict[Track, list[tuple[Vector, ...]]]:
    """By track, the three vectors of each of its pictures."""
    frame = Box(left=0, top=0, width=WIDTH, height=HEIGHT)
    found: dict[Track, list[tuple[Vector, ...]]] = defaultdict(list)
    for seconds in np.arange(0.3, film.seconds, SECONDS):
        shown = [each for each in film.appearances(float(seconds)) if _is_used(each)]
        if not shown:
            continue
        pixels = film.picture(float(seconds))
        for each in shown:
            left, top, right, bottom = each.box
            box = Box(left=left, top=top, width=right - left, height=bottom - top)
            crop = cut_crop(pixels, crop_window(box, frame, CropSettings()), CropSettings())
            alone = _alone(pixels, each)
            jpegs = (encode_for_service(crop), alone, balance_jpeg(alone))
            vectors = tuple(embedder.embed(jpeg) for jpeg in jpegs)
            found[film.seed, each.name, each.shot].append(vectors)
    return found


def _is_used(each: Appearance) -> bool:
    left, top, right, bottom = each.box
    return each.in_cast and min(right - left, bottom - top) >= LEAST_SIDE


def _alone(pixels: Picture, each: Appearance) -> bytes:
    left, top, right, bottom = each.box
    return encode_for_service(np.ascontiguousarray(pixels[top:bottom, left:right]))


def told_apart(
    tracks: Mapping[Track, Sequence[tuple[Vector, ...]]], worn: Mapping[Track, int], kind: int
) -> float:
    """How often pairs with the same outfit are more alike than others; percent."""
    means = {track: _unit(np.mean([each[kind] for each in of], 0)) for track, of in tracks.items()}
    same, others = [], []
    for first, second in combinations(means, 2):
        if first[:2] == second[:2]:
            alike = float(means[first] @ means[second])
            (same if worn[first] == worn[second] else others).append(alike)
    return 100 * float(np.mean(np.array(same)[:, None] > np.array(others)))


def _unit(vector: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    return vector / np.linalg.norm(vector)


def by_references(
    film: CastFilm,
    tracks: Mapping[Track, Sequence[tuple[Vector, ...]]],
    worn: Mapping[Track, int],
    embedder: Embedder,
) -> tuple[int, int, int]:
    """Tracks that are told rightly and wrongly, and all of them."""
    changed = replace(film, cast=tuple(changed_clothes(design, film.seed) for design in film.cast))
    rows: dict[str, list[tuple[str, Vector]]] = defaultdict(list)
    for look, reel in enumerate((film, changed)):
        for name, shown in references(reel).items():
            for pixels, each in shown:
                vector = embedder.embed(balance_jpeg(_alone(pixels, each)))
                rows[name].append((str(look), vector))
    right = wrong = 0
    for track, vectors in tracks.items():
        looks, known = zip(*rows[track[1]], strict=True)
        one = Tracks(np.zeros(len(vectors), np.int64), (frozenset(),), ())
        (told,) = nearest_looks(
            one, np.stack([each[2] for each in vectors]), np.stack(known), looks
        )
        right += told == str(worn[track])
        wrong += told not in {"", str(worn[track])}
    return right, wrong, len(tracks)


def main() -> None:
    """Measure, print Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="without the network's vectors")
    options = parser.parse_args()
    embedders: list[StandIn | Lite0Embedder] = [StandIn()]
    if not options.quick:
        embedders.append(Lite0Embedder(fetch_lite0()))
    heads = ("vectors", "films", *KINDS, "tracks", "right", "wrong")
    print("| " + " | ".join(heads) + " |\n|" + "---|" * len(heads))
    for embedder in embedders:
        for half, seeds in SEEDS.items():
            tracks: dict[Track, list[tuple[Vector, ...]]] = {}
            worn: dict[Track, int] = {}
            counts = np.zeros(3, np.int64)
            for seed in seeds:
                film = cast_film(seed)
                dressed, outfits = with_outfits(film)
                own = pictures(dressed, embedder)
                known = {track: outfits[track[2], track[1]] for track in own}
                counts += by_references(film, own, known, embedder)
                tracks |= own
                worn |= known
            apart = [f"{told_apart(tracks, worn, kind):.1f}" for kind in range(len(KINDS))]
            right, wrong, total = (int(count) for count in counts)
            shares = [f"{100 * count / total:.1f}" for count in (right, wrong)]
            print("| " + " | ".join((embedder.model, half, *apart, str(total), *shares)) + " |")


if __name__ == "__main__":
    main()
