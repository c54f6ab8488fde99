"""The tracks of some crops, for naming: what gets one name, and what must get different ones."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from onmodel.contracts.crops import Crop

CLEAR_LEAD = 0.07
"""Lead over the next character from which a track is not either of the two.

Of 229 pictures of figures with three references under each of two names, on the half "tune" of
bench/characters.py, 38 are named with it, 12 without any, 11 with 0.12 and 131 without the limit.
With more, a whole character of Big Buck Bunny loses its names.
"""


@dataclass(frozen=True, eq=False)
class Tracks:
    """The tracks of some crops.

    Attributes:
        of_crop: `(crops,)` the place of each crop's track, from 0.
        apart: by track, those that are to be seen in one frame with it.
        together: by shot, the places of the tracks that are to be seen in one frame with another.
    """

    of_crop: npt.NDArray[np.int64]
    apart: tuple[frozenset[int], ...]
    together: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, crops: Sequence[Crop]) -> Tracks:
        """By `Crop.track`; a crop without one, of a film prepared before, is its own track."""
        places: dict[object, int] = {}
        of_crop = [
            places.setdefault(
                crop.crop_id if crop.track is None else (crop.film_id, crop.track), len(places)
            )
            for crop in crops
        ]
        apart: list[set[int]] = [set() for _ in places]
        frames: defaultdict[object, set[int]] = defaultdict(set)
        shots: defaultdict[object, set[int]] = defaultdict(set)
        for crop, track in zip(crops, of_crop, strict=True):
            frames[crop.film_id, crop.timecode_seconds].add(track)
            shots[crop.film_id, crop.shot].add(track)
        for frame in frames.values():
            for track in frame:
                apart[track] |= frame - {track}
        return cls(
            np.array(of_crop, np.int64),
            tuple(frozenset(others) for others in apart),
            tuple(tuple(sorted(t for t in shot if apart[t])) for shot in shots.values()),
        )

    def __len__(self) -> int:
        return len(self.apart)

    def means(self, rows: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """`(tracks, d)`: the mean of the crops' rows `(crops, d)`, by track."""
        sums = np.zeros((len(self), rows.shape[1]))
        np.add.at(sums, self.of_crop, rows)
        return sums / np.bincount(self.of_crop, minlength=len(self))[:, None]

    def best(self, quality: Sequence[float], most: int) -> npt.NDArray[np.int64]:
        """The places of up to `most` crops of each track, those of the best quality, ascending."""
        order = np.lexsort((np.arange(len(self.of_crop)), -np.asarray(quality, np.float64)))
        taken = [0] * len(self)
        found = []
        for place in order:
            track = int(self.of_crop[place])
            if taken[track] < most:
                taken[track] += 1
                found.append(int(place))
        return np.array(sorted(found), np.int64)

    def assign(
        self,
        scores: npt.NDArray[np.float64],
        threshold: float,
        margin: float,
        most_next: float = math.inf,
    ) -> list[int | None]:
        """Give each track a character or none, those with the greatest lead first.

        Args:
            scores: `(tracks, characters)`, the similarities.
            threshold: least similarity of a name.
            margin: least lead over the next character that is still free. With two equal ones, none
                is named.
            most_next: similarity to the next character that is still free, from which a track may
                be either, unless its lead is CLEAR_LEAD or more.
        """
        names: list[int | None] = [None] * len(self)
        for track in sorted(range(len(self)), key=lambda track: (-_lead(scores[track]), track)):
            taken = {names[other] for other in self.apart[track]}
            free = [
                int(c) for c in np.argsort(-scores[track], kind="stable") if int(c) not in taken
            ]
            if not free:
                continue
            best = float(scores[track, free[0]])
            following = float(scores[track, free[1]]) if len(free) > 1 else -math.inf
            is_one = following < most_next or best - following >= CLEAR_LEAD
            if best >= threshold and best - following >= margin and best > following and is_one:
                names[track] = free[0]
        return names


def _lead(scores: npt.NDArray[np.float64]) -> float:
    if len(scores) == 1:
        return float(scores[0])
    first, second = np.sort(scores)[::-1][:2]
    return float(first - second)
