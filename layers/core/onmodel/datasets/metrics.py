"""What a report counted, for people to see over time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from onmodel.contracts.base import Usage
from onmodel.contracts.datasets import LeftOutReason
from onmodel.contracts.films import FilmSummary, RejectReason
from onmodel.observability import Figure


def film_figures(summary: FilmSummary) -> tuple[Figure, ...]:
    """Of one prepared film."""
    return (
        Figure("Frames", summary.frames),
        Figure("CropsFound", summary.crops_found),
        Figure("CropsKept", summary.crops_kept),
        *_by_reason("Dropped", summary.rejected),
        *_paid(summary.usage, summary.estimated_usd),
    )


def dataset_figures(
    *,
    pictures: int,
    left_out: Mapping[LeftOutReason, int],
    usage: Iterable[Usage],
    usd: float | None,
) -> tuple[Figure, ...]:
    """Of one dataset: what is trained on, and what making it cost."""
    return (
        Figure("Pictures", pictures),
        *_by_reason("LeftOut", left_out),
        *_paid(usage, usd),
    )


def _by_reason(
    name: str, counts: Mapping[RejectReason, int] | Mapping[LeftOutReason, int]
) -> list[Figure]:
    return [Figure(name, count, by=("reason", reason.value)) for reason, count in counts.items()]


def _paid(usage: Iterable[Usage], usd: float | None) -> list[Figure]:
    """Without a price there is no figure: zero dollars would be a lie."""
    calls = [Figure("PaidCalls", use.paid, by=("item", use.item)) for use in usage if use.paid]
    return calls if usd is None else [*calls, Figure("Dollars", usd, is_money=True)]
