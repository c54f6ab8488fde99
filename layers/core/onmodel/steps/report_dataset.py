"""Make the dataset's page: each picture with its caption and its source."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from onmodel.contracts.captions import Caption
from onmodel.contracts.crops import Crop
from onmodel.contracts.datasets import (
    DatasetItem,
    DatasetRequest,
    DatasetSummary,
    LeftOut,
    Violation,
)
from onmodel.contracts.keys import FilmKeys
from onmodel.contracts.rows import DatasetStatus
from onmodel.datasets.caption_answers import read_answers
from onmodel.datasets.metrics import dataset_metrics
from onmodel.datasets.records import dataset_keys, dataset_settings
from onmodel.errors import NotFound
from onmodel.films.film_names import film_titles
from onmodel.films.folders import production_name
from onmodel.films.thumbnails import ThumbnailFile, copy_thumbnails
from onmodel.formats.jsonl import read_lines
from onmodel.money.pricebook import PriceBook, add_up, estimate
from onmodel.observability import Metric, logger
from onmodel.pages.dataset import DatasetReport, one_off_pictures, render_dataset_report
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.registry.kinds import DATASETS, FILMS
from onmodel.vision.decoding import decode_picture
from onmodel.vision.encoding import thumbnail

DECODERS = 4
"""Threads: OpenCV works without Python's lock, and the function has under two processors."""


def report_dataset(
    request: DatasetRequest,
    *,
    registry: Registry,
    studio: ObjectStore,
    prices: PriceBook,
    clock: Clock,
    stack_options: str = "",
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
    summary = DatasetSummary.from_stored(studio.get(keys.summary))
    bill = estimate(usage, prices)
    left_out = read_lines(LeftOut, studio.get(keys.left_out))
    shown = one_off_pictures(left_out)
    with ThumbnailFile() as thumbnails:
        keep_thumbnails(dataset.production, items, registry, studio, left_out=shown, to=thumbnails)
        report = DatasetReport(
            production=production_name(dataset.production, registry),
            summary=summary,
            character_names=row.body.character_names,
            film_titles=film_titles(dataset.production, summary.films, registry),
            settings=dataset_settings(dataset, studio),
            items=items,
            captions=captions,
            left_out=left_out,
            thumbnails=thumbnails,
            bill=bill,
            violations=read_lines(Violation, studio.get(keys.violations)),
            findings=row.body.findings,
            stack_options=stack_options,
        )
        for name, page in render_dataset_report(report):
            studio.put(keys.report_page(name), page, "text/html; charset=utf-8")
    DATASETS.replace(registry, row.with_status(DatasetStatus.READY), clock())
    return dataset_metrics(
        pictures=len(items),
        left_out=summary.left_out,
        usage=usage,
        usd=None if bill.total_usd is None else float(bill.total_usd),
    )


def keep_thumbnails(
    production: str,
    items: Sequence[DatasetItem],
    registry: Registry,
    studio: ObjectStore,
    *,
    left_out: Sequence[LeftOut],
    to: ThumbnailFile,
) -> None:
    """A small JPEG of each picture: the one that its film's run stored, else one made anew.

    One is missing when the film was prepared again with other settings, or its row or files are
    gone: then the dataset's own picture is decoded. It has none of what was left out.
    """
    by_film: defaultdict[str, set[str]] = defaultdict(set)
    pictures: tuple[DatasetItem | LeftOut, ...] = (*items, *left_out)
    for picture in pictures:
        by_film[picture.film_id].add(picture.crop_id)
    for film_id, wanted in by_film.items():
        film = FILMS.read(registry, production, film_id)
        if film is not None and film.body.run is not None:
            _copy_stored(FilmKeys.of(film.body.run), wanted, studio, to)
    missing = [item for item in items if item.crop_id not in to]
    with ThreadPoolExecutor(DECODERS) as pool:
        made = pool.map(
            lambda item: thumbnail(decode_picture(studio.get(item.key)).pixels), missing
        )
        for item, jpeg in zip(missing, made, strict=True):
            to.add(item.crop_id, jpeg)


def _copy_stored(keys: FilmKeys, wanted: set[str], studio: ObjectStore, to: ThumbnailFile) -> None:
    try:
        crops = read_lines(Crop, studio.get(keys.crops))
        chunks = sorted({crop.chunk for crop in crops if crop.crop_id in wanted})
        copy_thumbnails(keys, chunks, studio, to, wanted)
    except NotFound as fault:
        logger.warning("thumbnails of a film are missing and are made anew", fault=str(fault))
