"""Summarize a run and make its report."""

from __future__ import annotations

from collections import Counter

from onmodel.contracts.base import Usage
from onmodel.contracts.crops import Crop, Naming, Rejected
from onmodel.contracts.detectors import DetectorUsage
from onmodel.contracts.film_rows import NamingCost
from onmodel.contracts.films import Chunk, ChunkResult, FilmFacts, FilmSummary, RunRequest
from onmodel.contracts.keys import FilmKeys
from onmodel.contracts.settings import Settings
from onmodel.datasets.metrics import film_metrics
from onmodel.errors import NotFound
from onmodel.films.thumbnails import ThumbnailFile, copy_thumbnails
from onmodel.films.upload_layout import production_name_in
from onmodel.formats.jsonl import read_lines
from onmodel.money.pricebook import PriceBook, add_up, estimate
from onmodel.observability import Metric
from onmodel.pages.film import FilmReport, render_film_report
from onmodel.ports.machines import Clock
from onmodel.ports.storage import ObjectStore


def report_film(
    request: RunRequest,
    *,
    studio: ObjectStore,
    prices: PriceBook,
    clock: Clock,
    notices: tuple[str, ...] = (),
    stack_options: str = "",
) -> tuple[Metric, ...]:
    """Write summary.json and the report's pages, index.html last; returns the metrics."""
    run = request.run
    keys = FilmKeys.of(run)
    chunks = [
        ChunkResult.from_stored(studio.get(keys.chunk(chunk.index).done))
        for chunk in read_lines(Chunk, studio.get(keys.chunks))
    ]
    crops = read_lines(Crop, studio.get(keys.crops))
    names = read_lines(Naming, studio.get(keys.names))
    rejected = read_lines(Rejected, studio.get(keys.rejected))
    naming = NamingCost.from_stored(studio.get(keys.naming_usage))
    sampled = [use for chunk in chunks for use in paid_by(run.run_id, chunk)]
    usage = add_up(sampled + list(naming.usage) + list(_detector_usage(keys, studio)))
    bill = estimate(usage, prices)
    facts = FilmFacts.from_stored(studio.get(keys.facts))
    summary = FilmSummary(
        production=run.production,
        film_id=run.film_id,
        run_id=run.run_id,
        title=run.title,
        facts=facts,
        frames=sum(chunk.frames for chunk in chunks),
        crops_found=sum(chunk.crops for chunk in chunks),
        crops_kept=len(crops),
        rejected=dict(Counter(line.reason for line in rejected)),
        named=dict(Counter(name.character or "" for name in names)),
        character_names=naming.character_names,
        threshold=naming.threshold,
        usage=usage,
        lost_seconds=tuple(span for chunk in chunks for span in chunk.lost_seconds),
        estimated_usd=None if bill.total_usd is None else float(bill.total_usd),
        notices=(*notices, *facts.notices, *naming.notices),
        prepared_at=clock(),
    )
    studio.put(keys.summary, summary.model_dump_json(indent=2).encode(), "application/json")
    with ThumbnailFile() as thumbnails:
        copy_thumbnails(keys, (chunk.index for chunk in chunks), studio, to=thumbnails)
        report = FilmReport(
            production_name=production_name_in(run.source.key),
            summary=summary,
            settings=Settings.from_stored(studio.get(keys.settings)),
            crops=crops,
            names={name.crop_id: name for name in names},
            rejected=rejected,
            thumbnails=thumbnails,
            bill=bill,
            stack_options=stack_options,
        )
        for name, page in render_film_report(report):
            studio.put(f"{keys.run}/report/{name}", page, "text/html; charset=utf-8")
    return film_metrics(summary)


def _detector_usage(keys: FilmKeys, studio: ObjectStore) -> tuple[Usage, ...]:
    """The film's share of a Custom Labels model's hours; nothing when none ran for it."""
    try:
        return DetectorUsage.from_stored(studio.get(keys.detector_usage)).usage
    except NotFound:
        return ()


def paid_by(run_id: str, chunk: ChunkResult) -> list[Usage]:
    """What a chunk cost in this run: nothing when an earlier run paid for it."""
    if chunk.run_id in ("", run_id):
        return list(chunk.usage)
    return [Usage(item=use.item, reused=use.paid + use.reused) for use in chunk.usage]
