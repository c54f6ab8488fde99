"""Measures whether vectors tell the outfits of a character apart, on drawn films with two or three.

    .venv/bin/python bench/looks.py            two films of each half, two embedders
    .venv/bin/python bench/looks.py --quick    the stand-in of a local stack alone

Boxes and names are the true ones: what is lost is lost by vectors and rules.

- crop, figure, balanced: of all pairs of shots of one character, how often two with the same outfit
  are more alike than two with different ones; by the vectors that are stored with crops, by those
  of figures without their background, and by those in balanced light. 50 is chance.
- right, wrong: tracks whose outfit `vision.looks` tells rightly and wrongly by three references of
  each; of the others it says nothing.

The second table is of films in which each character wears a third outfit in one shot. By three
references of each outfit, tracks are told one, and those of `datasets.one_off_looks` are left out:

- one-off, left out: tracks of the outfits that are truly worn once, and how many are left out.
- others left out: of the other tracks, percent.
- unworn: the same references where nobody wears the third outfit: of the tracks that are told it,
  how many are left out.
- unlike: without references of the third outfit: how many of its tracks are less alike to the known
  references than 95 of 100 usual tracks are.
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
from drawn.outfits import changed_clothes, third_clothes, with_one_offs, with_outfits

from onmodel.contracts.arrays import Vector
from onmodel.contracts.base import Box
from onmodel.contracts.settings import CropSettings
from onmodel.datasets.one_off_looks import FEWEST_PICTURES, FEWEST_SHOTS
from onmodel.ports.models import Embedder
from onmodel.vision.cropping import cut_crop
from onmodel.vision.encoding import encode_for_service
from onmodel.vision.geometry import crop_window
from onmodel.vision.light import balance_jpeg
from onmodel.vision.looks import nearest_looks
from onmodel.vision.track_groups import Tracks

SEEDS = {"tune": (2, 3), "report": (12, 13)}
ONE_OFF_SEEDS = {"tune": (2, 3, 4, 5), "report": (12, 13, 14, 15)}
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
    told = told_looks(tracks, references_of(film, 2, embedder))
    right = sum(look == str(worn[track]) for track, look in told.items())
    unknown = sum(not look for look in told.values())
    return right, len(tracks) - right - unknown, len(tracks)


def references_of(
    film: CastFilm, outfits: int, embedder: Embedder
) -> dict[str, list[tuple[str, Vector]]]:
    """Outfit and vector of each reference, by character."""
    second = replace(film, cast=tuple(changed_clothes(each, film.seed) for each in film.cast))
    third = replace(film, cast=tuple(third_clothes(film, each.name) for each in film.cast))
    rows: dict[str, list[tuple[str, Vector]]] = defaultdict(list)
    for look, reel in enumerate((film, second, third)[:outfits]):
        for name, shown in references(reel).items():
            for pixels, each in shown:
                vector = embedder.embed(balance_jpeg(_alone(pixels, each)))
                rows[name].append((str(look), vector))
    return rows


def told_looks(
    tracks: Mapping[Track, Sequence[tuple[Vector, ...]]],
    rows: Mapping[str, Sequence[tuple[str, Vector]]],
) -> dict[Track, str]:
    """The outfit that each track is told, '' for none."""
    found = {}
    for track, vectors in tracks.items():
        looks, known = zip(*rows[track[1]], strict=True)
        one = Tracks(np.zeros(len(vectors), np.int64), (frozenset(),), ())
        balanced = np.stack([each[2] for each in vectors])
        (found[track],) = nearest_looks(one, balanced, np.stack(known), looks)
    return found


def left_out(
    told: Mapping[Track, str], tracks: Mapping[Track, Sequence[tuple[Vector, ...]]]
) -> set[Track]:
    """The tracks of one-off looks, as datasets leave them out; a track is of one shot."""
    of_look: dict[tuple[int, str], dict[str, list[Track]]] = defaultdict(lambda: defaultdict(list))
    for track, look in told.items():
        of_look[track[:2]][look].append(track)
    found: set[Track] = set()
    for looks in of_look.values():
        numbers = {look: sum(len(tracks[each]) for each in own) for look, own in looks.items()}
        for look, own in looks.items():
            is_seen = numbers[look] >= FEWEST_PICTURES and len(own) >= FEWEST_SHOTS
            if look and not is_seen and numbers[look] < max(numbers.values()):
                found.update(own)
    return found


def unlike_known(
    tracks: Mapping[Track, Sequence[tuple[Vector, ...]]],
    worn: Mapping[Track, int],
    rows: Mapping[str, Sequence[tuple[str, Vector]]],
) -> int:
    """Tracks of the third outfit that are less alike to the others' references than usual ones."""
    alike: dict[bool, list[float]] = {True: [], False: []}
    for track, vectors in tracks.items():
        known = np.stack([vector for look, vector in rows[track[1]] if look != "2"])
        nearest = (np.stack([each[2] for each in vectors]) @ known.T).max(axis=1)
        alike[worn[track] == 2].append(float(nearest.mean()))
    return int((np.array(alike[True]) < np.quantile(alike[False], 0.05)).sum())


def one_offs(half: str, embedder: StandIn | Lite0Embedder) -> None:
    """Print a row of the second table."""
    once = out = others = others_out = unworn = unworn_out = unlike = 0
    for seed in ONE_OFF_SEEDS[half]:
        film = cast_film(seed)
        rows = references_of(film, 3, embedder)
        dressed, outfits = with_one_offs(film)
        own = pictures(dressed, embedder)
        known = {track: outfits[track[2], track[1]] for track in own}
        left = left_out(told_looks(own, rows), own)
        true = left_out({track: str(look) for track, look in known.items()}, own)
        once, out = once + len(true), out + len(true & left)
        others, others_out = others + len(own) - len(true), others_out + len(left - true)
        unlike += unlike_known(own, known, rows)
        plain = pictures(with_outfits(film)[0], embedder)
        told = told_looks(plain, rows)
        wrong = {track for track, look in told.items() if look == "2"}
        unworn, unworn_out = unworn + len(wrong), unworn_out + len(wrong & left_out(told, plain))
    share = f"{100 * others_out / others:.1f}"
    cells = (embedder.model, half, once, out, share, f"{unworn_out} of {unworn}", unlike)
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)


def main() -> None:
    """Measure, print Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="without the network's vectors")
    options = parser.parse_args()
    embedders: list[StandIn | Lite0Embedder] = [StandIn()]
    if not options.quick:
        embedders.append(Lite0Embedder(fetch_lite0()))
    _print_heads("vectors", "films", *KINDS, "tracks", "right", "wrong")
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
    print()
    _print_heads("vectors", "films", "one-off", "left out", "others left out", "unworn", "unlike")
    for embedder in embedders:
        for half in ONE_OFF_SEEDS:
            one_offs(half, embedder)


def _print_heads(*heads: str) -> None:
    print("| " + " | ".join(heads) + " |\n|" + "---|" * len(heads), flush=True)


if __name__ == "__main__":
    main()
