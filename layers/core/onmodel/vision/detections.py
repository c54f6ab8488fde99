"""Rules over the detections of one frame: each figure once, and which figures are cut out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from onmodel.contracts.base import Box
from onmodel.contracts.crops import Detection, RejectReason
from onmodel.vision.geometry import intersection_over_union, share_inside

SAME_FIGURE = 0.6
"""Overlap (intersection over union) from which two boxes are one figure under two labels.

Rekognition boxes a woman as Person, Adult and Woman with the same or nearly the same rectangle;
two figures side by side, or one before the other, overlap less.
"""

CONTAINED = 0.8
"""Share of one finder's box inside another finder's box, from which both are of one figure.

A head lies whole inside the box of its person, and the two overlap little.
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


def merge_detections(by_finder: Mapping[str, Sequence[Detection]]) -> tuple[Detection, ...]:
    """What several finders found in one frame, each figure once.

    Boxes of two finders are one figure when they overlap by SAME_FIGURE, or when CONTAINED of the
    smaller lies inside the larger; then the box and the label of the finder that is named first
    are kept. Detections flagged `wide` are left out once there is a box.

    Args:
        by_finder: by the finder's kind, in the order of the settings; each figure once.

    Returns:
        Largest first; `found_by` names the finders.
    """
    any_box = any(not each.wide for found in by_finder.values() for each in found)
    kept: list[Detection] = []
    for kind, found in by_finder.items():
        fresh = [each for each in found if each.wide != any_box]
        same = _same_figures(kept, fresh)
        for place, each in enumerate(fresh):
            if place in same:
                kept[same[place]] = _joined(kept[same[place]], each, kind)
            else:
                kept.append(each.model_copy(update={"found_by": (kind,)}))
    return tuple(sorted(kept, key=_by_size))


def _same_figures(kept: Sequence[Detection], fresh: Sequence[Detection]) -> dict[int, int]:
    """By places in `fresh`, the place in `kept` of the same figure.

    A kept figure is joined with only one contained box, that of the greatest overlap: two heads
    inside one box are two figures.
    """
    pairs = sorted(
        (-intersection_over_union(known.box, each.box), number, place)
        for number, known in enumerate(kept)
        for place, each in enumerate(fresh)
        if share_inside(known.box, each.box) >= CONTAINED
        or intersection_over_union(known.box, each.box) >= SAME_FIGURE
    )
    same: dict[int, int] = {}
    for overlap, number, place in pairs:
        if place not in same and (number not in same.values() or -overlap >= SAME_FIGURE):
            same[place] = number
    return same


def _joined(known: Detection, other: Detection, kind: str) -> Detection:
    names = known.found_by if kind in known.found_by else (*known.found_by, kind)
    confidence = max(known.confidence, other.confidence)
    face = known.face or other.face
    return known.model_copy(update={"found_by": names, "confidence": confidence, "face": face})


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
