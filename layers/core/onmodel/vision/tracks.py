"""Tracks: detections of one figure, joined over consecutive frames of a shot.

Frames are a second or so apart, so a figure moves between them and its box alone does not tell who
it is; and two figures of one frame are surely two. So boxes are joined that look alike, a little
less where they overlap, best pair first, each box once. "Alike" is measured against the film
itself: two figures that stand in one frame share light and background and are different figures,
and a link must be nearer than nearly all such pairs are, by a part of the way to what consecutive
pictures of one figure reach.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

import numpy as np
import numpy.typing as npt

from onmodel.contracts.arrays import Vectors
from onmodel.contracts.crops import Crop
from onmodel.vision.geometry import intersection_over_union

ALIKE = 0.75
"""Least cosine of a link where a film has too few pairs of figures to measure its own."""

OVERLAP = 0.2
"""Intersection over union from which two boxes may look a little less alike."""

LEAST_PAIRS = 20
"""Pairs of figures of one frame, from which a film's own least cosine is measured."""

DIFFERENT_SHARE = 0.95
"""Share of the pairs of different figures that must be less alike than a link."""

BETWEEN = 0.35
"""How far from different figures to one figure the least cosine of a link lies.

Where vectors tell figures apart well, different ones are very unlike, and a false box would be more
like a figure than these are.
"""

LONGEST_GAP_SECONDS = 6.0
"""A figure that was missed, or whose frames were dropped as unchanged, for so long is the same."""


@dataclass(frozen=True)
class _Pair:
    score: float
    track: int
    crop: int


def find_tracks(crops: Sequence[Crop], vectors: Vectors) -> npt.NDArray[np.int64]:
    """The number of each crop's track, from 0, in the order in which the tracks begin.

    Args:
        crops: of one film, with shots numbered over the whole film, in any order.
        vectors: `(len(crops), d)` float32, rows of unit length, in the order of `crops`.

    Returns:
        `(len(crops),)` int64. Crops of one frame never share a track.
    """
    order = sorted(
        range(len(crops)), key=lambda place: (*_moment(crops[place]), crops[place].crop_id)
    )
    frames = [list(group) for _, group in groupby(order, key=lambda place: _moment(crops[place]))]
    alike = least_cosine(frames, [crop.shot for crop in crops], vectors)
    found = np.full(len(crops), -1, np.int64)
    open_tracks: dict[int, int] = {}
    count, shot = 0, -1
    for frame in frames:
        if crops[frame[0]].shot != shot:
            open_tracks, shot = {}, crops[frame[0]].shot
        for track, place in _links(open_tracks, frame, crops, vectors, alike):
            found[place] = track
        for place in frame:
            if found[place] < 0:
                found[place] = count
                count += 1
            open_tracks[int(found[place])] = place
    return found


def least_cosine(frames: Sequence[Sequence[int]], shots: Sequence[int], vectors: Vectors) -> float:
    """From which cosine two crops of a shot may show one figure, measured on this film.

    Args:
        frames: the crops' places, by frame, in the order of time.
        shots: the number of each crop's shot.
        vectors: `(n, d)`, rows of unit length.
    """
    different = [
        float(vectors[first] @ vectors[second])
        for frame in frames
        for place, first in enumerate(frame)
        for second in frame[place + 1 :]
    ]
    if len(different) < LEAST_PAIRS:
        return ALIKE
    unlike = float(np.quantile(different, DIFFERENT_SHARE))
    nearest = [
        float((vectors[list(after)] @ vectors[place]).max())
        for before, after in pairwise(frames)
        if shots[before[0]] == shots[after[0]]
        for place in before
    ]
    alike = float(np.median(nearest)) if nearest else unlike
    return unlike + BETWEEN * max(0.0, alike - unlike)


def _moment(crop: Crop) -> tuple[int, float]:
    return crop.shot, crop.timecode_seconds


def _links(
    open_tracks: dict[int, int],
    frame: Sequence[int],
    crops: Sequence[Crop],
    vectors: Vectors,
    alike: float,
) -> list[tuple[int, int]]:
    """Tracks of this shot and the crops of the next frame that go on with them."""
    pairs = []
    for track, last in open_tracks.items():
        for place in frame:
            gap = crops[place].timecode_seconds - crops[last].timecode_seconds
            if gap > LONGEST_GAP_SECONDS:
                continue
            cosine = float(vectors[place] @ vectors[last])
            overlap = intersection_over_union(crops[place].box, crops[last].box)
            if cosine >= alike or (overlap >= OVERLAP and cosine >= alike - 0.1):
                pairs.append(_Pair(cosine + overlap, track, place))
    links: list[tuple[int, int]] = []
    tracks, places = set[int](), set[int]()
    for pair in sorted(pairs, key=lambda pair: (-pair.score, pair.track, pair.crop)):
        if pair.track not in tracks and pair.crop not in places:
            links.append((pair.track, pair.crop))
            tracks.add(pair.track)
            places.add(pair.crop)
    return links
