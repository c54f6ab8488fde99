"""Gather the captions. Pictures without one are left out; too many of them refuse the dataset.

TrainModel calls it twice where people review the dataset: before the review and after it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from onmodel.contracts.captions import CaptionsCollected
from onmodel.contracts.datasets import (
    DatasetItem,
    DatasetRequest,
    DatasetSummary,
    LeftOut,
    LeftOutReason,
    Split,
)
from onmodel.contracts.rows import DatasetBody, DatasetStatus
from onmodel.contracts.settings import Settings
from onmodel.datasets.caption_answers import read_answers
from onmodel.datasets.caption_repairs import CaptionSet
from onmodel.datasets.corrected import cast_of, review_pictures
from onmodel.datasets.records import dataset_keys, dataset_settings
from onmodel.datasets.summary import (
    one_sided_in_words,
    rare_looks_in_words,
    summarize,
)
from onmodel.datasets.thinness import thin_in_words
from onmodel.errors import DatasetRefused
from onmodel.films.corrections import Corrections, read_corrections
from onmodel.formats.jsonl import read_lines, write_lines
from onmodel.money.pricebook import PriceBook, add_up, estimate
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.registry.kinds import DATASETS

SHOWN = 3
"""Reasons named in a message; all of them are in left_out.jsonl."""


def collect_captions(
    request: DatasetRequest,
    *,
    registry: Registry,
    studio: ObjectStore,
    prices: PriceBook,
    clock: Clock,
) -> CaptionsCollected:
    """Write captions.jsonl, left_out.jsonl and summary.json; a repeat writes the same.

    What people said of the pictures is applied: to all of it that changes, also items.jsonl. No
    picture is added: that needs a new dataset.

    Raises:
        DatasetRefused: more failed than the settings tolerate, or too few pictures are left.
    """
    dataset = request.dataset
    keys = dataset_keys(dataset)
    settings = dataset_settings(dataset, studio)
    row = DATASETS.require(registry, dataset.production, dataset.dataset_id)
    items = read_lines(DatasetItem, studio.get(keys.items))
    answers = read_answers((item.crop_id for item in items), keys, studio)
    corrections = read_corrections(dataset.production, registry)
    reviewed = review_pictures(items, answers, corrections, settings)
    captioned = reviewed.captioned
    failed = [line for line in reviewed.left_out if line.reason == LeftOutReason.CAPTION_FAILED]
    own = {item.crop_id for item in items}
    earlier = [
        line for line in read_lines(LeftOut, studio.get(keys.left_out)) if line.crop_id not in own
    ]
    left_out = [*earlier, *reviewed.left_out]
    before = DatasetSummary.from_stored(studio.get(keys.summary))
    cast = cast_of(settings.characters, corrections)
    names = {slug: character.name for slug, character in cast.items()}
    summary = summarize(
        captioned,
        left_out,
        before.films,
        settings.training,
        dataset_id=dataset.dataset_id,
        names=names,
    )
    outdated = (
        *thin_in_words(before.characters, settings.training, names),
        *rare_looks_in_words(items, names),
        *one_sided_in_words(items, settings.training, names),
    )
    others = (notice for notice in row.body.notices if notice not in outdated)
    checked = CaptionSet(captioned, reviewed.captions, cast).result(answers)
    summary = summary.model_copy(
        update={
            "notices": tuple(dict.fromkeys((*summary.notices, *others))),
            "forecast": row.body.forecast,
            "captions": checked,
        }
    )
    captions = [reviewed.captions[item.crop_id] for item in captioned]
    studio.put(keys.captions, write_lines(captions), "application/jsonl")
    if reviewed.items != items:
        studio.put(keys.items, write_lines(reviewed.items), "application/jsonl")
    studio.put(keys.left_out, write_lines(left_out), "application/jsonl")
    studio.put(keys.summary, summary.model_dump_json(indent=2).encode(), "application/json")
    bill = estimate(
        add_up([*row.body.usage, *(use for answer in answers.values() for use in answer.usage)]),
        prices,
    )
    refusal = refuse_too_few(captioned, failed, settings)
    collected = row.with_status(
        DatasetStatus.REFUSED if refusal else DatasetStatus.CAPTIONED
    ).with_fields(
        captioned=len(captioned),
        caption_failures=len(failed),
        caption_check=checked,
        named=dict(Counter(item.character or "" for item in captioned)),
        notices=summary.notices,
        corrections_hash=_followed(corrections, own, row.body),
        estimated_usd=None if bill.total_usd is None else float(bill.total_usd),
        reason=refusal.reason if refusal else None,
        advice=refusal.advice if refusal else None,
    )
    DATASETS.replace(registry, collected, clock())
    if refusal is not None:
        raise refusal
    return CaptionsCollected(captioned=len(captioned), failed=len(failed))


def _followed(
    corrections: Corrections, chosen: Collection[str], dataset: DatasetBody
) -> str | None:
    """The hash of these corrections; as before when the dataset cannot follow all of them."""
    if corrections.selection_hash(chosen) == dataset.selection_hash:
        return corrections.hash()
    return dataset.corrections_hash


def refuse_too_few(
    captioned: Sequence[DatasetItem], failed: Sequence[LeftOut], settings: Settings
) -> DatasetRefused | None:
    """Why there are too few captions; None when there are enough."""
    total = len(captioned) + len(failed)
    percent = 100 * len(failed) / total if total else 100.0
    if percent > settings.captions.tolerated_failure_percent:
        reasons = "; ".join(dict.fromkeys(line.detail for line in failed[:SHOWN]))
        return DatasetRefused(
            f"{len(failed):,} of {total:,} pictures got no caption, more than"
            f" {settings.captions.tolerated_failure_percent:g} %: {reasons}",
            "See the reasons in left_out.jsonl; captions that exist are not paid for again",
        )
    training = sum(item.split == Split.TRAINING for item in captioned)
    if training < settings.training.min_pictures:
        return DatasetRefused(
            f"only {training:,} captioned pictures are left to train on, fewer than"
            f" {settings.training.min_pictures:,}",
            "Upload more film, or run it again to ask for the missing captions",
        )
    return None
