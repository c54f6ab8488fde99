"""What a report counted, for people to see over time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from onmodel.contracts.base import Usage
from onmodel.contracts.datasets import LeftOutReason
from onmodel.contracts.films import FilmSummary, RejectReason
from onmodel.observability import Metric


def film_metrics(summary: FilmSummary) -> tuple[Metric, ...]:
    """Of one prepared film."""
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
    """Of one dataset: what is trained on, and what making it cost."""
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
    """Without a price there is no figure: zero dollars would be a lie."""
    calls = [Metric("PaidCalls", use.paid, by=("item", use.item)) for use in usage if use.paid]
    return calls if usd is None else [*calls, Metric("Dollars", usd, is_money=True)]
