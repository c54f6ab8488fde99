"""Leaves out pictures of looks that are seen once: a pose and a place would be learnt as the look.

A look is one of a character's outfits or ages. Which one a picture shows is decided for its whole
track (`vision/looks.py`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from onmodel.contracts.datasets import LeftOut, LeftOutReason
from onmodel.datasets.left_out import left_out
from onmodel.films.corrections import Corrections
from onmodel.formats.wording import count, listed, person_name

if TYPE_CHECKING:  # loads NumPy, which those that only name the looks have not
    from onmodel.datasets.crop_pool import CropPool

FEWEST_PICTURES = 3
"""Of a look: below, nothing else shows it in another pose."""

FEWEST_SHOTS = 2
"""Of a look: the pictures of one shot have one place and one light, which would be learnt with it;
and one decision says that they show this look (docs/decisions/looks-by-references.md)."""

MOST_NAMED = 5
"""Looks that a sentence lists; it says how many more there are."""


def without_one_off_looks(
    pool: CropPool, chosen: Sequence[int], corrections: Corrections, left: list[LeftOut]
) -> list[int]:
    """The pictures without those of one-off looks, in order.

    The look that most of a character's pictures show is never one-off: there is no other to learn.
    Pictures whose look is not known stay.

    Args:
        pool: all crops.
        chosen: places in the pool, without near-duplicates.
        corrections: what people said of the crops; one that they kept stays.
        left: gets a line for each other picture.
    """
    details = _one_offs(pool, chosen)
    stay: list[int] = []
    for i in chosen:
        detail = details.get((pool.characters[i], pool.looks[i]))
        if detail is None or corrections.is_kept(pool.crops[i].crop_id):
            stay.append(i)
        else:
            reason = LeftOutReason.ONE_OFF_LOOK
            crop, look = pool.crops[i], pool.looks[i]
            left.append(left_out(crop, pool.characters[i], reason, detail, look=look))
    return stay


def _one_offs(pool: CropPool, chosen: Iterable[int]) -> dict[tuple[str | None, str], str]:
    """How few pictures and shots show each one-off look, by character and look."""
    shown: defaultdict[str | None, defaultdict[str, list[int]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for i in chosen:
        shown[pool.characters[i]][pool.looks[i]].append(i)
    found = {}
    for character, looks in shown.items():
        most = max(map(len, looks.values()))
        for look, places in looks.items():
            shots = {(pool.crops[i].film_id, pool.crops[i].shot) for i in places}
            is_seen = len(places) >= FEWEST_PICTURES and len(shots) >= FEWEST_SHOTS
            if look and not is_seen and len(places) < most:
                found[character, look] = (
                    f"“{look}” is on {count(len(places), 'picture')} of"
                    f" {count(len(shots), 'shot')}; it takes {FEWEST_PICTURES} of {FEWEST_SHOTS}"
                )
    return found


def one_off_looks_in_words(left: Iterable[LeftOut], names: Mapping[str, str]) -> tuple[str, ...]:
    """Which looks were left out as one-off; a clause without a full stop.

    Args:
        left: what was left out of a dataset.
        names: of all characters of the production, for people, by slug.
    """
    looks = Counter(
        (line.character or "", line.look)
        for line in left
        if line.reason is LeftOutReason.ONE_OFF_LOOK
    )
    each = [
        f"{names.get(slug) or person_name(slug)}'s “{look}” ({count(number, 'picture')})"
        for (slug, look), number in sorted(looks.items())
    ]
    if not each:
        return ()
    more = [f"{len(each) - MOST_NAMED:,} more"] if len(each) > MOST_NAMED else []
    return (
        f"Left out, because fewer than {FEWEST_PICTURES} pictures or a single shot show this look:"
        f" {listed([*each[:MOST_NAMED], *more])}; to train on it, keep its pictures in the review,"
        " or set training.include_one_off_looks",
    )
