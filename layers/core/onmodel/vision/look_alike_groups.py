"""Groups of tracks that look alike, for people to name. Who is unsure stays outside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from onmodel.vision.track_groups import Tracks

LEAST_COSINE = 0.85
"""Of a group where a film has too few pairs of figures to measure its own."""

LEAST_PAIRS = 20
"""Pairs of figures of one frame, from which a film's own least cosine is measured."""

DIFFERENT_SHARE = 0.95
"""Share of the pairs of different figures that must be less alike than a group's members."""

LEAST_LEAD = 0.03
"""A track that is alike to two groups belongs to the nearer one only when it is nearer by this."""

MOST_TRACKS = 4000
"""That are compared with each other, those of most pictures first: 128 MB of cosines."""


@dataclass(frozen=True)
class LookAlikeGroup:
    """Tracks that look like one of them.

    Attributes:
        exemplar: the place of the track that all are compared with: chains of alike pictures would
            join unlike ones.
        tracks: places, the exemplar among them.
    """

    exemplar: int
    tracks: tuple[int, ...]


def unit_means(tracks: Tracks, vectors: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """`(tracks, d)`: the mean vector of each track, of unit length."""
    means = tracks.means(vectors)
    return np.asarray(means / np.maximum(1e-9, np.linalg.norm(means, axis=1, keepdims=True)))


def least_cosine_of_a_group(tracks: Tracks, means: npt.NDArray[np.float64]) -> float:
    """How alike pictures of one character are at least, measured on figures that surely differ.

    Figures of one frame share its light and background, so they are more alike than different
    figures of different frames are.
    """
    pairs = [
        float(means[track] @ means[other])
        for track, others in enumerate(tracks.apart)
        for other in others
        if track < other
    ]
    if len(pairs) < LEAST_PAIRS:
        return LEAST_COSINE
    return float(np.quantile(pairs, DIFFERENT_SHARE))


def find_groups(
    tracks: Tracks, means: npt.NDArray[np.float64], least: float
) -> tuple[LookAlikeGroup, ...]:
    """Groups, those of most tracks first; a track is in one group or in none.

    Args:
        tracks: of some crops.
        means: as of `unit_means`.
        least: cosine to the exemplar.
    """
    sizes = np.bincount(tracks.of_crop, minlength=len(tracks))
    chosen = np.sort(np.argsort(-sizes, kind="stable")[:MOST_TRACKS])
    alike = means[chosen] @ means[chosen].T
    exemplars = _exemplars(alike, least)
    likeness = alike[:, exemplars]
    nearest_of = likeness.argmax(axis=1)
    best_of = likeness.max(axis=1)
    next_of = np.sort(likeness, axis=1)[:, -2] if len(exemplars) > 1 else np.full(len(chosen), -1)
    members: list[list[int]] = [[] for _ in exemplars]
    for track in np.argsort(-best_of, kind="stable"):
        nearest, place = int(nearest_of[track]), int(chosen[track])
        unsure = next_of[track] >= least and best_of[track] - next_of[track] < LEAST_LEAD
        if best_of[track] < least or (unsure and track != exemplars[nearest]):
            continue
        if not tracks.apart[place].intersection(members[nearest]):
            members[nearest].append(place)
    groups = [
        LookAlikeGroup(int(chosen[exemplar]), tuple(sorted(found)))
        for exemplar, found in zip(exemplars, members, strict=True)
        if found
    ]
    return tuple(sorted(groups, key=lambda group: (-len(group.tracks), group.exemplar)))


def _exemplars(alike: npt.NDArray[np.float64], least: float) -> list[int]:
    """Tracks that most others are like, each unlike the ones before; the nearer count for more.

    One that stands between two groups has neighbours in both, and none of them is near.
    """
    nearness = np.maximum(0.0, alike - least)
    free = np.ones(len(alike), bool)
    scores = nearness.sum(axis=1)
    exemplars: list[int] = []
    while free.any():
        best = int(np.argmax(np.where(free, scores, -1.0)))
        exemplars.append(best)
        gone = free & (alike[best] >= least)
        gone[best] = True
        free &= ~gone
        scores -= nearness[:, gone].sum(axis=1)
    return exemplars
