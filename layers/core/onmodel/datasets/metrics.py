"""The metrics of films and datasets, published when they are reported."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from onmodel.contracts.base import Usage
from onmodel.contracts.crops import RejectReason
from onmodel.contracts.datasets import LeftOutReason
from onmodel.contracts.films import FilmSummary
from onmodel.observability import Metric


def film_metrics(summary: FilmSummary) -> tuple[Metric, ...]:
    """Metrics of one prepared film."""
    return (
        Metric("Frames", summary.frames),
        Metric("CropsFound", summary.crops_found),
        Metric("CropsKept", summary.crops_kept),
        *_by_reason("Dropped", summary.rejected),
        *_paid(summary.usage, summary.estimated_usd),
    )


def dataset_metrics(
    *,
    pictures: int,
    left_out: Mapping[LeftOutReason, int],
    usage: Iterable[Usage],
    usd: float | None,
) -> tuple[Metric, ...]:
    """Metrics of one dataset: its training pictures, and the cost of making it."""
    return (
        Metric("Pictures", pictures),
        *_by_reason("LeftOut", left_out),
        *_paid(usage, usd),
    )


def _by_reason(
    name: str, counts: Mapping[RejectReason, int] | Mapping[LeftOutReason, int]
) -> list[Metric]:
    return [Metric(name, count, by=("reason", reason.value)) for reason, count in counts.items()]


def _paid(usage: Iterable[Usage], usd: float | None) -> list[Metric]:
    """The cost as a metric; none when a price is missing, because 0 dollars would be wrong."""
    calls = [Metric("PaidCalls", use.paid, by=("item", use.item)) for use in usage if use.paid]
    return calls if usd is None else [*calls, Metric("Dollars", usd, is_money=True)]
