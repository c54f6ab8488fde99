"""The numbers at the beginning of a report."""

from __future__ import annotations

from dataclasses import dataclass

from onmodel.contracts.crops import RejectReason
from onmodel.contracts.films import FilmSummary
from onmodel.contracts.sampling_settings import Sampling
from onmodel.formats.wording import count

BEFORE_PAYING = (
    RejectReason.BLACK,
    RejectReason.BLANK,
    RejectReason.FADE,
    RejectReason.BLURRED,
    RejectReason.UNCHANGED,
)
"""Selection drops these before any paid call."""


@dataclass(frozen=True)
class HeadlineNumber:
    """A number, what it counts, a remark, and its share of the frames in percent."""

    number: str
    unit: str
    remark: str
    share: float


def headline(summary: FilmSummary, sampling: Sampling) -> list[HeadlineNumber]:
    """Frames sampled → figures found → pictures kept."""
    unpaid = sum(summary.rejected.get(reason, 0) for reason in BEFORE_PAYING)
    unnamed = summary.named.get("", 0)
    named = sum(summary.named.values()) - unnamed
    alike = summary.rejected.get(RejectReason.NEAR_DUPLICATE, 0)
    return [
        HeadlineNumber(
            f"{summary.frames:,}",
            "frame sampled" if summary.frames == 1 else "frames sampled",
            f"{_pace(sampling)}; {unpaid:,} dropped before anything was paid for",
            100.0 if summary.frames else 0.0,
        ),
        HeadlineNumber(
            f"{summary.crops_found:,}",
            "figure found" if summary.crops_found == 1 else "figures found",
            f"{count(alike, 'near-duplicate')} of a better picture",
            _share(summary.crops_found, summary.frames),
        ),
        HeadlineNumber(
            f"{summary.crops_kept:,}",
            "picture kept" if summary.crops_kept == 1 else "pictures kept",
            f"{named:,} named, {unnamed:,} not",
            _share(summary.crops_kept, summary.frames),
        ),
    ]


def _share(part: int, whole: int) -> float:
    return round(min(100.0, 100 * part / whole), 1) if whole else 0.0


def _pace(sampling: Sampling) -> str:
    return {
        "interval": f"one every {sampling.interval_seconds:g} s",
        "fps": f"{sampling.frames_per_second:g} a second",
        "keyframes": "keyframes only",
        "scene": f"{sampling.frames_per_shot} a shot",
    }[sampling.mode]
