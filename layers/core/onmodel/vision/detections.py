"""Rules over the detections of one frame: each figure once, and which figures are cut out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from onmodel.contracts.base import Box
from onmodel.contracts.films import Detection, RejectReason
from onmodel.vision.geometry import intersection_over_union

SAME_FIGURE = 0.6
"""Overlap (intersection over union) from which two boxes are one figure under two labels.

Rekognition boxes a woman as Person, Adult and Woman with the same or nearly the same rectangle;
two figures side by side, or one before the other, overlap less.
"""


@dataclass(frozen=True)
class RejectedDetection:
    """A figure that is not cut out, or (without a box) a frame that has none."""

    reason: RejectReason
    detail: str
    box: Box | None = None


def unique_detections(detections: Iterable[Detection]) -> tuple[Detection, ...]:
    """Each figure once: of boxes that overlap by SAME_FIGURE, the one of highest confidence.

    Returns:
        Largest first; the same for every order of the detections.
    """
    kept: list[Detection] = []
    for candidate in sorted(detections, key=lambda found: (-found.confidence, _by_size(found))):
        if all(intersection_over_union(candidate.box, other.box) < SAME_FIGURE for other in kept):
            kept.append(candidate)
    return tuple(sorted(kept, key=_by_size))


def choose_detections(
    detections: Sequence[Detection], *, least_side: int, most: int
) -> tuple[tuple[Detection, ...], tuple[RejectedDetection, ...]]:
    """The figures of a frame that are cut out, largest first, and the others with their reasons.

    Args:
        detections: of one frame, each figure once.
        least_side: pixels that the shortest side of a box must have. A detection flagged `wide`
            is the whole picture area, and is never too small.
        most: the greatest number of figures; the largest are taken.
    """
    by_size = sorted(detections, key=_by_size)
    large = [found for found in by_size if found.wide or _short_side(found) >= least_side]
    too_small = tuple(
        RejectedDetection(
            RejectReason.TOO_SMALL,
            f"{found.label} of {found.box.width} x {found.box.height} pixels, "
            f"least side {least_side}",
            found.box,
        )
        for found in by_size
        if found not in large
    )
    surplus = tuple(
        RejectedDetection(RejectReason.SURPLUS, f"{most} larger figures are taken", found.box)
        for found in large[most:]
    )
    return tuple(large[:most]), too_small + surplus


def _by_size(found: Detection) -> tuple[int, int, int, int, str]:
    box = found.box
    return -box.area, box.left, box.top, box.width, found.label


def _short_side(found: Detection) -> int:
    return min(found.box.width, found.box.height)
