"""Near-duplicates among vectors: greedy, best quality first, each compared with kept items only.

Each item is compared with kept items, never with dropped ones. Otherwise the frames of a slow pan
would form one group whose first and last items differ. So every dropped item is similar to the kept
item that represents it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from itertools import combinations

import numpy as np
import numpy.typing as npt

BLOCK_ROWS = 1024  # rows decided at a time; of 256 to 2,048 the fastest on 2 cores
TILE_ROWS = 8192  # kept rows compared at a time: bounds one product to 32 MB
ROUNDING = 1e-5  # float32 products of unit vectors differ by this much between block shapes

WITHIN_TRACK = 0.06  # a track is of one figure: its pictures may be so much less alike
MOST_COMPARED = 12  # kept pictures of a track, the most alike: a long shot may have hundreds
UNCHANGED = 0.5  # of the least visible change: so little is no change, however alike vectors are
KEPT = -1

Barred = Mapping[int, npt.NDArray[np.intp]]
"""Columns in which a row must not count as alike, by row."""


def find_duplicates(
    vectors: npt.NDArray[np.float32],
    quality: npt.NDArray[np.floating],
    threshold: float,
    groups: npt.NDArray[np.int64] | None = None,
    apart: Iterable[tuple[int, int]] = (),
) -> npt.NDArray[np.int64]:
    """Which kept row each row duplicates.

    Rows are decided by falling quality, ties by their place. A row is kept when its cosine to
    every row kept before is below the threshold; else it duplicates the best of those that
    reach it. No index library is needed: 10,000 rows of 1,024 take well under a second.

    Args:
        vectors: `(n, d)` float32, rows of unit length.
        quality: `(n,)`.
        threshold: cosine at or above which two rows are alike.
        groups: `(n,)`; rows of one group are never duplicates of each other. Without it, each row
            is its own group.
        apart: pairs of rows that are never duplicates of each other.

    Returns:
        `(n,)` int64: index of the kept row that represents each row, or -1 for a kept one.
    """
    order = np.lexsort((np.arange(len(vectors)), -np.asarray(quality, np.float64)))
    rows = np.ascontiguousarray(vectors[order], dtype=np.float32)
    of_group = (np.arange(len(vectors)) if groups is None else np.asarray(groups))[order]
    alike = np.float32(threshold - ROUNDING)
    others = _by_row(apart, order)
    represented_by = np.full(len(rows), KEPT, np.int64)  # as places in `order`
    kept: list[npt.NDArray[np.int64]] = []
    count = 0
    for start in range(0, len(rows), BLOCK_ROWS):
        block = rows[start : start + BLOCK_ROWS]
        own = of_group[start : start + BLOCK_ROWS]
        places = np.concatenate(kept) if kept else np.empty(0, np.int64)
        told = [(row, others[start + row]) for row in range(len(block)) if start + row in others]
        barred = {row: np.flatnonzero(np.isin(places, other)) for row, other in told}
        first_alike = _first_alike(block, rows[:count], alike, own, of_group[:count], barred=barred)
        inside = {row: _inside(other - start, len(block)) for row, other in told}
        within = _greedy_within(block, first_alike == KEPT, alike, own, inside)
        before = first_alike != KEPT
        block_represented_by = np.where(within >= 0, within + start, KEPT)
        block_represented_by[before] = places[first_alike[before]]
        represented_by[start : start + len(block)] = block_represented_by
        survivors = np.flatnonzero(block_represented_by == KEPT)
        # Kept rows move to the front of the array, never beyond the block being decided: no copy.
        rows[count : count + len(survivors)] = block[survivors]
        of_group[count : count + len(survivors)] = own[survivors]
        kept.append(survivors + start)
        count += len(survivors)
    return _in_given_order(order, represented_by)


def _by_row(
    apart: Iterable[tuple[int, int]], order: npt.NDArray[np.intp]
) -> dict[int, npt.NDArray[np.intp]]:
    """The rows that each row is told apart from, all as places in `order`."""
    place = np.empty(len(order), np.intp)
    place[order] = np.arange(len(order))
    found: defaultdict[int, list[int]] = defaultdict(list)
    for first, second in apart:
        found[int(place[first])].append(int(place[second]))
        found[int(place[second])].append(int(place[first]))
    return {row: np.array(others, np.intp) for row, others in found.items()}


def _inside(places: npt.NDArray[np.intp], length: int) -> npt.NDArray[np.intp]:
    return places[(places >= 0) & (places < length)]


def _first_alike(
    block: npt.NDArray[np.float32],
    kept: npt.NDArray[np.float32],
    alike: np.float32,
    block_groups: npt.NDArray[np.int64],
    kept_groups: npt.NDArray[np.int64],
    *,
    barred: Barred,
) -> npt.NDArray[np.int64]:
    """`(len(block),)`: index of the first kept row that reaches the threshold, or -1."""
    found = np.full(len(block), KEPT, np.int64)
    for start in range(0, len(kept), TILE_ROWS):
        open_rows = np.flatnonzero(found == KEPT)
        if not len(open_rows):
            break
        reached = block[open_rows] @ kept[start : start + TILE_ROWS].T >= alike
        reached &= block_groups[open_rows, None] != kept_groups[start : start + TILE_ROWS]
        for told, columns in barred.items():
            reached[np.ix_(open_rows == told, _inside(columns - start, reached.shape[1]))] = False
        hit = reached.any(axis=1)
        found[open_rows[hit]] = reached[hit].argmax(axis=1) + start
    return found


def _greedy_within(
    block: npt.NDArray[np.float32],
    undecided: npt.NDArray[np.bool_],
    alike: np.float32,
    groups: npt.NDArray[np.int64],
    barred: Barred,
) -> npt.NDArray[np.int64]:
    """`(len(block),)`: index within the block of the kept row that a row duplicates, or -1.

    Rows that are already decided represent no other row and get -1.
    """
    found = np.full(len(block), KEPT, np.int64)
    rows = np.flatnonzero(undecided)
    reached = np.triu(block[rows] @ block[rows].T >= alike, k=1)
    reached &= groups[rows, None] != groups[rows]
    for told, columns in barred.items():
        reached[np.ix_(rows == told, np.isin(rows, columns))] = False
    dropped = np.zeros(len(rows), np.bool_)
    for row in np.flatnonzero(reached.any(axis=1)):
        if dropped[row]:
            continue
        new = reached[row] & ~dropped
        found[rows[new]] = rows[row]
        dropped |= new
    return found


def _in_given_order(
    order: npt.NDArray[np.int64], represented_by: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    answer = np.full(len(order), KEPT, np.int64)
    duplicate = represented_by != KEPT
    answer[order[duplicate]] = order[represented_by[duplicate]]
    return answer


def find_track_duplicates(
    vectors: npt.NDArray[np.float32],
    quality: npt.NDArray[np.floating],
    tracks: npt.NDArray[np.int64],
    frames: npt.NDArray[np.float64],
    threshold: float,
    *,
    change: Callable[[int, int], float],
    least_change: float,
    apart: Iterable[tuple[int, int]] = (),
) -> npt.NDArray[np.int64]:
    """Which kept row each row duplicates, decided within tracks first, then among their best.

    Within a track a row is also kept when the figure visibly changed since every kept row that is
    alike. And a row whose picture is a copy of a kept row's is alike to it, whatever the vectors
    say: a box that is drawn a little differently can move them further than the threshold. A row
    is compared with the MOST_COMPARED most alike kept rows of its track.

    Between tracks only the threshold counts: the exhaustive greedy choice of `find_duplicates`
    among the rows that their tracks kept. Tracks that stand in one frame are of different figures:
    their rows are never duplicates of each other, however much of the same their pictures show.

    Args:
        vectors: `(n, d)` float32, rows of unit length.
        quality: `(n,)`.
        tracks: `(n,)` the number of each row's track.
        frames: `(n,)` seconds of the frame that each row is of.
        threshold: cosine at or above which two rows of different tracks are alike; those of one
            track are from WITHIN_TRACK less on.
        change: how much the figure visibly changed between two rows of one track.
        least_change: from which change on both are kept; below its half they are alike.
        apart: pairs of rows that are never duplicates of each other.

    Returns:
        As `find_duplicates`.
    """
    told = {frozenset(pair) for pair in apart}
    answer = np.full(len(vectors), KEPT, np.int64)
    alike, copied = threshold - WITHIN_TRACK - ROUNDING, UNCHANGED * least_change
    by_track = np.argsort(tracks, kind="stable")
    borders = np.flatnonzero(np.diff(tracks[by_track])) + 1
    for rows in np.split(by_track, borders):
        kept: list[int] = []
        for row in rows[np.lexsort((rows, -np.asarray(quality, np.float64)[rows]))]:
            cosines = vectors[kept] @ vectors[row] if kept else np.empty(0)
            nearest = np.argsort(-cosines, kind="stable")[:MOST_COMPARED]
            stands_for = next(
                (
                    other
                    for other, cosine in (
                        (kept[place], cosines[place]) for place in sorted(nearest)
                    )
                    if frozenset((other, int(row))) not in told
                    and change(other, int(row)) < (least_change if cosine >= alike else copied)
                ),
                KEPT,
            )
            answer[row] = stands_for
            if stands_for == KEPT:
                kept.append(int(row))
    best = np.flatnonzero(answer == KEPT)
    different = _in_one_frame(
        vectors[best], tracks[best], _tracks_in_one_frame(tracks, frames), alike
    )
    between = find_duplicates(
        vectors[best], quality[best], threshold, tracks[best], [*_among(told, best), *different]
    )
    replaced = between != KEPT
    answer[best[replaced]] = best[between[replaced]]
    behind = (answer != KEPT) & (answer[answer] != KEPT)  # its own representative was replaced
    answer[behind] = answer[answer[behind]]
    for row in np.flatnonzero(behind):
        if frozenset((int(row), int(answer[row]))) in told:
            answer[row] = KEPT
    return answer


def _among(told: Iterable[frozenset[int]], rows: npt.NDArray[np.intp]) -> list[tuple[int, int]]:
    """The pairs of which both are in `rows`, as places there."""
    place = {int(row): index for index, row in enumerate(rows)}
    inside = (tuple(pair) for pair in told if pair <= place.keys())
    return [(place[first], place[second]) for first, second in inside]


def _tracks_in_one_frame(
    tracks: npt.NDArray[np.int64], frames: npt.NDArray[np.float64]
) -> set[tuple[int, int]]:
    """Pairs of tracks, the lower number first, of which some frame shows both."""
    shown: defaultdict[float, set[int]] = defaultdict(set)
    for frame, track in zip(frames.tolist(), tracks.tolist(), strict=True):
        shown[frame].add(track)
    return {pair for each in shown.values() for pair in combinations(sorted(each), 2)}


def _in_one_frame(
    vectors: npt.NDArray[np.float32],
    tracks: npt.NDArray[np.int64],
    pairs: Iterable[tuple[int, int]],
    alike: float,
) -> list[tuple[int, int]]:
    """The rows of these pairs of tracks that are alike; others need not be told apart."""
    return [
        (int(firsts[one]), int(seconds[other]))
        for firsts, seconds in (
            (np.flatnonzero(tracks == first), np.flatnonzero(tracks == second))
            for first, second in pairs
        )
        for one, other in np.argwhere(vectors[firsts] @ vectors[seconds].T >= alike)
    ]
