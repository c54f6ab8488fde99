"""Near-duplicates among vectors: greedy, best quality first, each compared with kept items only.

Each item is compared with kept items, never with dropped ones. Otherwise the frames of a slow pan
would form one group whose first and last items differ. So every dropped item is similar to the kept
item that represents it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from itertools import combinations

import numpy as np
import numpy.typing as npt

from onmodel.vision.cosine_bounds import cosines_of_pairs, short_vectors

BLOCK_ROWS = 1024  # rows decided at a time; of 512 to 2,048 as fast as any
TILE_ROWS = 512  # kept rows compared at a time: a product of 2 MB stays in the cache
ROUNDING = 1e-5  # float32 products of unit vectors differ by this much between block shapes

WITHIN_TRACK = 0.06  # a track is of one figure: its pictures may be so much less alike
MOST_COMPARED = 12  # kept pictures of a track, the most alike: a long shot may have hundreds
UNCHANGED = 0.5  # of the least visible change: so little is no change, however alike vectors are
MANY = 1 / 8  # of all pairs: then their groups are compared as matrices
KEPT = -1


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
    reach it. No index library is needed: pairs whose cosine short vectors bound below the
    threshold (`cosine_bounds.py`) are not compared in full, and nothing is approximate.

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
    alike = _Alike(vectors, threshold, groups, apart)
    rows = alike.compared[order]
    represented_by = np.full(len(rows), KEPT, np.int64)
    kept = np.empty(len(rows), np.intp)
    count = 0
    for start in range(0, len(rows), BLOCK_ROWS):
        block, places = rows[start : start + BLOCK_ROWS], order[start : start + BLOCK_ROWS]
        first = _first_alike(alike, block, places, rows[:count], kept[:count])
        new = np.flatnonzero(first == KEPT)
        first[new] = _greedy(alike, block[new], places[new])
        represented_by[places] = first
        survivors = np.flatnonzero(first == KEPT)
        # Kept rows move to the front of the array, never beyond the block being decided: no copy.
        rows[count : count + len(survivors)] = block[survivors]
        kept[count : count + len(survivors)] = places[survivors]
        count += len(survivors)
    return represented_by


class _Alike:
    """Which pairs of rows are alike: by cosine, of different groups, and not told apart."""

    def __init__(
        self,
        vectors: npt.NDArray[np.float32],
        threshold: float,
        groups: npt.NDArray[np.int64] | None,
        apart: Iterable[tuple[int, int]],
    ) -> None:
        self._vectors = vectors
        self._least = np.float32(threshold - ROUNDING)
        self._groups = np.arange(len(vectors)) if groups is None else np.asarray(groups)
        told = np.array([*apart], np.int64).reshape(-1, 2)
        self._apart = np.concatenate([self._pair(*told.T), self._pair(*told[:, ::-1].T)])
        short = short_vectors(vectors, threshold - 2 * ROUNDING)
        self._bounded = short is not None
        self.compared = vectors if short is None else short
        self._limit = np.float32(threshold - (2 if self._bounded else 1) * ROUNDING)

    def _pair(
        self, first: npt.NDArray[np.intp], second: npt.NDArray[np.intp]
    ) -> npt.NDArray[np.int64]:
        """A number for each ordered pair of rows."""
        return first * len(self._vectors) + second

    def pairs(
        self,
        products: npt.NDArray[np.float32],
        first: npt.NDArray[np.intp],
        second: npt.NDArray[np.intp],
    ) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """The rows and columns of alike pairs, row by row.

        Args:
            products: `(m, n)` of the compared vectors.
            first: `(m,)` the rows' places among all vectors.
            second: `(n,)` the columns' places.
        """
        reached = products >= self._limit
        if np.count_nonzero(reached) > MANY * reached.size:
            reached &= self._groups[first, None] != self._groups[second]
        rows, columns = np.divmod(np.flatnonzero(reached), len(second))
        one, other = first[rows], second[columns]
        open_pairs = self._groups[one] != self._groups[other]
        if len(self._apart):
            open_pairs &= ~np.isin(self._pair(one, other), self._apart)
        if self._bounded:
            at = np.flatnonzero(open_pairs)
            pairs = rows[at], columns[at]
            open_pairs[at] = cosines_of_pairs(self._vectors, first, second, pairs) >= self._least
        return rows[open_pairs], columns[open_pairs]


def _first_alike(
    alike: _Alike,
    block: npt.NDArray[np.float32],
    places: npt.NDArray[np.intp],
    kept: npt.NDArray[np.float32],
    kept_places: npt.NDArray[np.intp],
) -> npt.NDArray[np.int64]:
    """`(len(block),)`: place of the first kept row that each row is alike, or -1."""
    found = np.full(len(block), KEPT, np.int64)
    for start in range(0, len(kept), TILE_ROWS):
        open_rows = np.flatnonzero(found == KEPT)
        if not len(open_rows):
            break
        tile, tile_places = kept[start : start + TILE_ROWS], kept_places[start : start + TILE_ROWS]
        rows, columns = alike.pairs(block[open_rows] @ tile.T, places[open_rows], tile_places)
        hits = np.flatnonzero(np.diff(rows, prepend=-1))
        found[open_rows[rows[hits]]] = tile_places[columns[hits]]
    return found


def _greedy(
    alike: _Alike, block: npt.NDArray[np.float32], places: npt.NDArray[np.intp]
) -> npt.NDArray[np.int64]:
    """`(len(block),)`: place of the kept row of the block that each row duplicates, or -1."""
    found = np.full(len(block), KEPT, np.int64)
    reached = np.zeros((len(block), len(block)), np.bool_)
    reached[alike.pairs(block @ block.T, places, places)] = True
    reached = np.triu(reached, k=1)
    dropped = np.zeros(len(block), np.bool_)
    for row in np.flatnonzero(reached.any(axis=1)):
        if dropped[row]:
            continue
        new = reached[row] & ~dropped
        found[new] = places[row]
        dropped |= new
    return found


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
        kept_vectors = np.empty((len(rows), vectors.shape[1]), np.float32)
        for row in rows[np.lexsort((rows, -np.asarray(quality, np.float64)[rows]))]:
            cosines = kept_vectors[: len(kept)] @ vectors[row]
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
                kept_vectors[len(kept)] = vectors[row]
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
