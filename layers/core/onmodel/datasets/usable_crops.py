"""Which crops a dataset may take, whatever the others are; each other one with its reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import numpy.typing as npt

from onmodel.contracts.datasets import LeftOut, LeftOutReason
from onmodel.contracts.settings import TrainingSettings
from onmodel.datasets.corrected import NOBODY, REJECTED
from onmodel.datasets.crop_pool import CropPool
from onmodel.datasets.left_out import left_out
from onmodel.errors import DatasetRefused
from onmodel.films.company import Company
from onmodel.films.corrections import Corrections


def usable_crops(
    pool: CropPool,
    companies: Sequence[Company],
    training: TrainingSettings,
    corrections: Corrections,
    left: list[LeftOut],
) -> npt.NDArray[np.intp]:
    """Places in the pool of the crops that may be trained on, in order.

    Args:
        pool: all crops.
        companies: who is beside the figure of each crop.
        training: whether unnamed crops count, and the least quality.
        corrections: what people said of the crops; one that they kept is not judged again.
        left: gets a line for each other crop.

    Raises:
        DatasetRefused: no crops, or none named.
    """
    accepted = _without_rejected(pool, corrections, left)
    _refuse_if_empty(pool, accepted)
    usable = accepted if training.include_unnamed else _only_named(pool, accepted, left)
    _refuse_if_unnamed(accepted, usable)
    known = _without_nameless(pool, companies, usable, corrections, left)
    return _without_poor(pool, known, training, corrections, left)


def _without_rejected(
    pool: CropPool, corrections: Corrections, left: list[LeftOut]
) -> npt.NDArray[np.intp]:
    """The crops that no person rejected; the others are listed."""
    accepted: list[int] = []
    for i, (crop, character) in enumerate(zip(pool.crops, pool.characters, strict=True)):
        if corrections.is_rejected(crop.crop_id):
            left.append(left_out(crop, character, LeftOutReason.REVIEWED_OUT, REJECTED))
        else:
            accepted.append(i)
    return np.array(accepted, np.intp)


def _refuse_if_empty(pool: CropPool, accepted: npt.NDArray[np.intp]) -> None:
    if not pool.crops:
        raise DatasetRefused(
            "the films have no pictures of figures at all",
            "See their reports: finder.labels chooses what counts as a figure",
        )
    if not len(accepted):
        raise DatasetRefused(
            f"all {len(pool.crops):,} pictures were rejected in the review",
            "Take some back on the review page (docs/review.md)",
        )


def _refuse_if_unnamed(accepted: npt.NDArray[np.intp], usable: npt.NDArray[np.intp]) -> None:
    if not len(usable):
        raise DatasetRefused(
            f"none of {len(accepted):,} pictures could be named",
            "Put pictures that show each character as the films do under characters/<name>/, give"
            " the names on the page of `onmodel review -p NAME`, or lower naming.threshold",
        )


def _only_named(
    pool: CropPool, accepted: npt.NDArray[np.intp], left: list[LeftOut]
) -> npt.NDArray[np.intp]:
    named: list[int] = []
    for i in accepted:
        if pool.characters[i] is not None:
            named.append(int(i))
            continue
        detail = "no character was near enough" if pool.named[i] is None else NOBODY
        left.append(left_out(pool.crops[i], None, LeftOutReason.UNNAMED, detail))
    return np.array(named, np.intp)


def _without_nameless(
    pool: CropPool,
    companies: Sequence[Company],
    usable: Iterable[int],
    corrections: Corrections,
    left: list[LeftOut],
) -> npt.NDArray[np.intp]:
    """The pictures on which every large figure has a name.

    Under one name, a picture of two teaches that name for both.
    """

    def nameless(i: int) -> str:
        share = companies[i].nameless_share
        if share == 0 or pool.characters[i] is None:
            return ""
        return f"beside it is a figure of {share:.0%} of its size, and nobody knows who that is"

    return _without(pool, usable, LeftOutReason.NAMELESS_BESIDE, nameless, corrections, left)


def _without_poor(
    pool: CropPool,
    usable: Iterable[int],
    training: TrainingSettings,
    corrections: Corrections,
    left: list[LeftOut],
) -> npt.NDArray[np.intp]:
    """The pictures of `min_quality` and better."""

    def poor(i: int) -> str:
        quality = pool.crops[i].quality
        if quality >= training.min_quality:
            return ""
        return f"quality {quality:.2f}, limit {training.min_quality:g}"

    return _without(pool, usable, LeftOutReason.POOR, poor, corrections, left)


def _without(  # noqa: PLR0917 - private
    pool: CropPool,
    usable: Iterable[int],
    reason: LeftOutReason,
    fault: Callable[[int], str],
    corrections: Corrections,
    left: list[LeftOut],
) -> npt.NDArray[np.intp]:
    """The pictures without a fault, and those that a person kept as they are."""
    good: list[int] = []
    for i in usable:
        crop, detail = pool.crops[i], fault(i)
        if not detail or corrections.is_kept(crop.crop_id):
            good.append(int(i))
        else:
            left.append(left_out(crop, pool.characters[i], reason, detail))
    return np.array(good, np.intp)
