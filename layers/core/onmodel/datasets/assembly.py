"""Chooses the pictures of a dataset from the films' crops: named, without duplicates, balanced.

Everything left out is listed with its reason. No paid call is made.
"""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

import numpy as np
import numpy.typing as npt

from onmodel.contracts.arrays import Vectors
from onmodel.contracts.crops import Crop
from onmodel.contracts.datasets import (
    DatasetItem,
    LeftOut,
    LeftOutReason,
)
from onmodel.contracts.keys import digest
from onmodel.contracts.settings import TrainingSettings
from onmodel.datasets.corrected import corrected_item
from onmodel.datasets.crop_pool import CropPool, FilmCrops, pool_of
from onmodel.datasets.left_out import left_out
from onmodel.datasets.one_off_looks import without_one_off_looks
from onmodel.datasets.splits import split_by_shot
from onmodel.datasets.usable_crops import usable_crops
from onmodel.errors import DatasetRefused
from onmodel.films.company import Company, company_of
from onmodel.films.corrections import NO_CORRECTIONS, Corrections
from onmodel.vision.duplicates import find_duplicates


@dataclass(frozen=True)
class Assembly:
    """A dataset's pictures in the order of films and time, and what was left out.

    `vectors` is `(len(items), d)` float32.
    """

    items: tuple[DatasetItem, ...]
    vectors: Vectors
    left_out: tuple[LeftOut, ...]


def assemble(
    films: Sequence[FilmCrops],
    *,
    threshold: float,
    training: TrainingSettings,
    corrections: Corrections = NO_CORRECTIONS,
) -> Assembly:
    """Choose the pictures of a dataset. The same films and settings give the same dataset.

    Args:
        films: each film of the generation once, the newest version of it.
        threshold: cosine at or above which crops of different films are duplicates.
        training: caps, balance, split.
        corrections: what people said of the crops.

    Raises:
        DatasetRefused: no crops, none named, too few, or vectors that cannot be compared.
    """
    pool = pool_of(sorted(films, key=lambda film: film.film_id), threshold, corrections)
    left: list[LeftOut] = []
    companies = company_of(pool.crops, pool.characters)
    usable = usable_crops(pool, companies, training, corrections, left)
    unique = _without_duplicates(pool, usable, threshold, left)
    if not training.include_one_off_looks:
        unique = without_one_off_looks(pool, unique, corrections, left)
    balanced = _balanced(pool, companies, unique, training, left)
    chosen = _with_few_groups(pool, companies, balanced, training, left)
    if len(chosen) < training.min_pictures:
        raise DatasetRefused(
            f"only {len(chosen)} pictures are left, fewer than {training.min_pictures}",
            f"{_reasons(left)}. Upload more film, name more pictures on the page of"
            f" `onmodel review -p NAME`, or {_setting_to_change(left)}",
        )
    chosen.sort()
    unsplit = [
        corrected_item(
            _item(pool.crops[i], pool.named[i], pool.looks[i], companies[i]), corrections
        )
        for i in chosen
    ]
    items = split_by_shot(unsplit, training)
    return Assembly(items, pool.vectors[chosen], tuple(left))


def _reasons(left: Sequence[LeftOut]) -> str:
    counts = Counter(line.reason for line in left)
    each = [f"{number:,} {reason.replace('_', ' ')}" for reason, number in counts.most_common()]
    return f"Left out: {', '.join(each)}" if each else "Nothing was left out"


def _setting_to_change(left: Sequence[LeftOut]) -> str:
    """What takes in more of what was left out."""
    if any(line.reason is LeftOutReason.ONE_OFF_LOOK for line in left):
        return "set training.include_one_off_looks"
    return "raise deduplication.threshold"


def contents_hash(items: Iterable[DatasetItem]) -> str:
    """A hash of a dataset's pictures, their characters and their split; 8 hex digits."""
    return digest({item.crop_id: (item.character, *item.beside, item.split) for item in items})


def _with_few_groups(
    pool: CropPool,
    companies: Sequence[Company],
    chosen: Sequence[int],
    training: TrainingSettings,
    left: list[LeftOut],
) -> list[int]:
    """At most `group_share` group pictures, and more for characters that are rarely alone."""
    alone = [i for i in chosen if not companies[i].is_group]
    groups = _spread(pool, (i for i in chosen if companies[i].is_group))
    each = Counter(pool.characters[i] for i in alone)
    kept: list[int] = []
    surplus: list[int] = []
    for i in groups:
        few = each[pool.characters[i]] < training.min_per_character
        within = len(kept) + 1 <= training.group_share * (len(alone) + len(kept) + 1)
        if few or within:
            kept.append(i)
            each[pool.characters[i]] += 1
        else:
            surplus.append(i)
    detail = f"{len(kept):,} of {len(groups):,} pictures of several characters are taken"
    left += [
        left_out(pool.crops[i], pool.characters[i], LeftOutReason.OVER_CAP, detail) for i in surplus
    ]
    return alone + kept


def _without_duplicates(
    pool: CropPool, usable: npt.NDArray[np.intp], threshold: float, left: list[LeftOut]
) -> list[int]:
    """Keep the best crop of each group of duplicates across films, a named one first."""
    rank = np.array(
        [pool.crops[i].quality + (pool.characters[i] is not None) for i in usable], np.float64
    )
    vectors = pool.vectors[usable]
    place = {int(i): row for row, i in enumerate(usable)}
    apart = [(place[a], place[b]) for a, b in pool.apart if a in place and b in place]
    represented_by = find_duplicates(vectors, rank, threshold, pool.groups[usable], apart)
    for row in np.flatnonzero(represented_by >= 0):
        kept = represented_by[row]
        other = pool.crops[usable[kept]].crop_id
        detail = f"similarity {float(vectors[row] @ vectors[kept]):.3f}, limit {threshold:g}"
        crop, character = pool.crops[usable[row]], pool.characters[usable[row]]
        left.append(left_out(crop, character, LeftOutReason.NEAR_DUPLICATE, detail, other))
    return [int(i) for i in usable[represented_by < 0]]


def _balanced(
    pool: CropPool,
    companies: Sequence[Company],
    candidates: Sequence[int],
    training: TrainingSettings,
    left: list[LeftOut],
) -> list[int]:
    by_character: defaultdict[str | None, list[int]] = defaultdict(list)
    for index in candidates:
        by_character[pool.characters[index]].append(index)
    cap = _cap({name: len(rows) for name, rows in by_character.items()}, training)
    chosen: list[int] = []
    for character, rows in by_character.items():
        alone = _spread(pool, (i for i in rows if not companies[i].is_group))
        groups = _spread(pool, (i for i in rows if companies[i].is_group))
        # more group pictures would take places, and then be left out for their share; and where
        # the share allows all, those of the figure alone keep their part
        most = min(int(cap * training.group_share), -(-cap * len(groups) // len(rows)))
        few = min(len(groups), max(most, cap - len(alone)))
        chosen += [*alone[: cap - few], *groups[:few]]
        detail = (
            f"{cap:,} of {len(rows):,} are taken, the best of each shot, framing and look first"
        )
        left += [
            left_out(pool.crops[i], character, LeftOutReason.OVER_CAP, detail)
            for i in (*alone[cap - few :], *groups[few:])
        ]
    return chosen


def _cap(counts: Mapping[str | None, int], training: TrainingSettings) -> int:
    """The most pictures of one character: limited by setting, by balance and by the total."""
    named = [count for name, count in counts.items() if name is not None] or list(counts.values())
    median = statistics.median(named or [0])
    balanced = max(training.min_per_character, int(median * training.max_share))
    cap = min(training.max_per_character, balanced)
    while cap > 1 and sum(min(count, cap) for count in counts.values()) > training.max_pictures:
        cap -= 1
    return cap


def _spread(pool: CropPool, places: Iterable[int]) -> list[int]:
    """The best first, but one of each shot before a second one, and so of each framing and look.

    Looks come last: of those that a dataset has room for, each gets the same share.
    """
    best = sorted(places, key=lambda i: (-pool.crops[i].quality, pool.crops[i].crop_id))
    of_shots = _in_turn(best, lambda i: (pool.crops[i].film_id, pool.crops[i].shot))
    of_framings = _in_turn(of_shots, lambda i: pool.crops[i].framing)
    return _in_turn(of_framings, lambda i: pool.looks[i])


def _in_turn(places: Iterable[int], kind: Callable[[int], Hashable]) -> list[int]:
    """One of each kind, then a second one of each; the order stays as it was otherwise."""
    seen: Counter[Hashable] = Counter()
    ranked: list[tuple[int, int]] = []
    for i in places:
        ranked.append((seen[kind(i)], i))
        seen[kind(i)] += 1
    return [i for _, i in sorted(ranked, key=itemgetter(0))]


def _item(crop: Crop, character: str | None, look: str, company: Company) -> DatasetItem:
    shared = set(DatasetItem.model_fields) & set(Crop.model_fields)
    return DatasetItem(
        **{name: getattr(crop, name) for name in shared},
        character=character,
        look=look,
        beside=company.names,
        is_group=company.is_group,
    )
