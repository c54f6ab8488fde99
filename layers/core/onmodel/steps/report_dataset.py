"""Make the dataset's page: each picture with its caption and its source."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from onmodel.contracts.datasets import (
    Caption,
    DatasetItem,
    DatasetRequest,
    DatasetSummary,
    LeftOut,
    Violation,
)
from onmodel.contracts.rows import DatasetStatus
from onmodel.datasets.caption_answers import read_answers
from onmodel.datasets.metrics import dataset_metrics
from onmodel.datasets.records import dataset_keys, dataset_settings
from onmodel.formats.jsonl import read_lines
from onmodel.money.pricebook import PriceBook, add_up, estimate
from onmodel.observability import Metric
from onmodel.pages.dataset import DatasetReport, render_dataset_report
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.registry.kinds import DATASETS
from onmodel.vision.encoding import decode_picture, thumbnail

DECODERS = 4
"""Threads: OpenCV works without Python's lock, and the function has under two processors."""


def report_dataset(
    request: DatasetRequest,
    *,
    registry: Registry,
    studio: ObjectStore,
    prices: PriceBook,
    clock: Clock,
) -> tuple[Metric, ...]:
    """Write the report's pages, index.html last, and mark the dataset ready.

    Returns the metrics.
    """
    dataset = request.dataset
    keys = dataset_keys(dataset)
    row = DATASETS.require(registry, dataset.production, dataset.dataset_id)
    captions = {
        caption.crop_id: caption for caption in read_lines(Caption, studio.get(keys.captions))
    }
    items = [
        item for item in read_lines(DatasetItem, studio.get(keys.items)) if item.crop_id in captions
    ]
    answers = read_answers(captions, keys, studio)
    usage = add_up([*row.body.usage, *(use for answer in answers.values() for use in answer.usage)])
    summary = DatasetSummary.model_validate_json(studio.get(keys.summary))
    bill = estimate(usage, prices)
    pages = render_dataset_report(
        DatasetReport(
            production=dataset.production,
            summary=summary,
            settings=dataset_settings(dataset, studio),
            items=items,
            captions=captions,
            left_out=read_lines(LeftOut, studio.get(keys.left_out)),
            thumbnails=small_pictures(items, studio),
            bill=bill,
            violations=read_lines(Violation, studio.get(keys.violations)),
            findings=row.body.findings,
        )
    )
    for name in sorted(pages, key=lambda page: page == "index.html"):
        studio.put(keys.report_page(name), pages[name], "text/html; charset=utf-8")
    DATASETS.replace(registry, row.with_status(DatasetStatus.READY), clock())
    return dataset_metrics(
        pictures=len(items),
        left_out=summary.left_out,
        usage=usage,
        usd=None if bill.total_usd is None else float(bill.total_usd),
    )


def small_pictures(items: Iterable[DatasetItem], studio: ObjectStore) -> dict[str, bytes]:
    """A small JPEG by crop_id, from the dataset's own pictures."""
    rows = tuple(items)
    with ThreadPoolExecutor(DECODERS) as pool:
        small = pool.map(lambda item: thumbnail(decode_picture(studio.get(item.key))), rows)
        return {item.crop_id: jpeg for item, jpeg in zip(rows, small, strict=True)}
