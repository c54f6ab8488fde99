"""Tracks of different shots that look like one figure, so that they can be named together.

One track may be dusk or a close-up that no reference shows; another one of the same figure is near
to both. Groups are joined by average linkage (Sokal and Michener, "A statistical method for
evaluating systematic relationships", 1958), in passes that join all pairs that are nearest to each
other, which gives the same groups as one pair at a time (Murtagh, "A survey of recent advances in
hierarchical clustering algorithms", 1983). Figures of one frame are never joined: "cannot-link"
constraints, Wagstaff et al., "Constrained k-means clustering with background knowledge", 2001.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from onmodel.vision.track_groups import Tracks

LEAST_COSINE = 0.6
"""Mean cosine of two groups that are joined, by vectors as `vision.comparison` compares them.

Chosen on drawn films, where 0.4 names many strangers, and 0.7 fewer of the cast.
"""

GROUP_SHARE = 0.5
"""Of a similarity that is raised: how far it goes to that of its group."""

MOST_TRACKS = 3000
"""That are compared with each other, those of most pictures first: 72 MB of cosines."""

_NEVER = -2.0  # below any cosine


def join_alike_tracks(
    tracks: Tracks, means: npt.NDArray[np.floating], least: float = LEAST_COSINE
) -> tuple[tuple[int, ...], ...]:
    """Groups of tracks, each track in one; many are alone.

    Args:
        tracks: of some crops.
        means: `(tracks, d)`, rows of unit length.
        least: mean cosine of the members of two groups that are joined.
    """
    sizes = np.bincount(tracks.of_crop, minlength=len(tracks))
    compared = np.sort(np.argsort(-sizes, kind="stable")[:MOST_TRACKS])
    alike = _cosines(tracks, np.asarray(means, np.float64), compared)
    groups = [[int(track)] for track in compared]
    while pairs := _nearest_pairs(alike, least):
        for first, second in pairs:
            _join(alike, groups, first, second)
    alone = np.setdiff1d(np.arange(len(tracks)), compared)
    found = [tuple(sorted(group)) for group in groups if group]
    return (*found, *((int(track),) for track in alone))


def raise_to_groups(
    scores: npt.NDArray[np.float64], groups: tuple[tuple[int, ...], ...]
) -> npt.NDArray[np.float64]:
    """Similarities `(tracks, characters)`, where lower than their group's mean, nearer to it.

    None gets lower: unlike figures that are joined by mistake take no sure name from each other.
    """
    raised = scores.copy()
    for group in groups:
        places = list(group)
        missing = scores[places].mean(axis=0) - scores[places]
        raised[places] += GROUP_SHARE * np.maximum(0.0, missing)
    return raised


def _cosines(
    tracks: Tracks, means: npt.NDArray[np.float64], compared: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """`(n, n)`, symmetric, _NEVER between tracks that are not to be joined."""
    alike = means[compared] @ means[compared].T
    alike = np.maximum(alike, alike.T)
    np.fill_diagonal(alike, _NEVER)
    place_of = {int(track): place for place, track in enumerate(compared)}
    for place, track in enumerate(compared):
        others = [place_of[other] for other in tracks.apart[track] if other in place_of]
        alike[place, others] = _NEVER
    return alike


def _nearest_pairs(alike: npt.NDArray[np.float64], least: float) -> list[tuple[int, int]]:
    """Groups that are nearest to each other, and alike enough."""
    nearest = alike.argmax(axis=1)
    return [
        (first, int(second))
        for first, second in enumerate(nearest)
        if first < second and nearest[second] == first and alike[first, second] >= least
    ]


def _join(alike: npt.NDArray[np.float64], groups: list[list[int]], first: int, second: int) -> None:
    """Put the second group into the first; its own row stays without neighbours."""
    sizes = len(groups[first]), len(groups[second])
    joined = (sizes[0] * alike[first] + sizes[1] * alike[second]) / sum(sizes)
    joined[(alike[first] == _NEVER) | (alike[second] == _NEVER)] = _NEVER
    alike[first] = alike[:, first] = joined
    alike[second] = alike[:, second] = _NEVER
    groups[first] += groups[second]
    groups[second] = []
