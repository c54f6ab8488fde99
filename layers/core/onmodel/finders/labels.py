"""From a detector's labels to the figures of a frame."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from onmodel.contracts.base import Box
from onmodel.contracts.films import RejectReason
from onmodel.contracts.settings import FinderSettings
from onmodel.ports.models import Label
from onmodel.vision.geometry import FrameSize, instance_box, intersection, intersection_over_union

SAME_FIGURE = 0.6
"""Overlap from which two boxes are one figure under two labels.

Rekognition boxes a woman as Person, Adult and Woman with the same or nearly the same rectangle;
two figures side by side, or one before the other, overlap less.
"""

LABELS_TOLD = 5


@dataclass(frozen=True)
class Figure:
    """One figure of a frame; `wide` when it is the whole picture for want of a box."""

    box: Box
    label: str
    confidence: float
    wide: bool = False


@dataclass(frozen=True)
class FigureRejected:
    """A figure that is not cut out, or (without a box) a frame that has none."""

    reason: RejectReason
    detail: str
    box: Box | None = None


@dataclass(frozen=True)
class Findings:
    figures: tuple[Figure, ...]
    rejected: tuple[FigureRejected, ...]


def choose_figures(
    labels: Sequence[Label],
    finder: FinderSettings,
    picture: Box,
    frame_size: FrameSize,
    min_figure_pixels: int,
) -> Findings:
    """The figures of one frame, largest first, and what is left out with its reason.

    Args:
        labels: what the detector saw in the frame.
        finder: which labels count, least confidence, most figures.
        picture: the frame without bars; boxes are cut at it.
        frame_size: width and height of the frame that the labels' fractions refer to.
        min_figure_pixels: least shortest side of a figure.
    """
    chosen = [label for label in labels if _counts(label, finder)]
    found = _one_each(list(_boxed(chosen, finder, picture, frame_size)))
    if not found:
        return _without_box(chosen, labels, finder, picture)
    large = [figure for figure in found if _short_side(figure) >= min_figure_pixels]
    too_small = tuple(
        FigureRejected(
            RejectReason.TOO_SMALL,
            f"{figure.label} of {figure.box.width} x {figure.box.height} pixels, "
            f"least side {min_figure_pixels}",
            figure.box,
        )
        for figure in found
        if _short_side(figure) < min_figure_pixels
    )
    surplus = tuple(
        FigureRejected(
            RejectReason.SURPLUS, f"{finder.max_figures} larger figures are taken", figure.box
        )
        for figure in large[finder.max_figures :]
    )
    return Findings(tuple(large[: finder.max_figures]), too_small + surplus)


def _counts(label: Label, finder: FinderSettings) -> bool:
    """Whether a label, or a parent of it, is chosen; letter case does not matter."""
    wanted = {name.casefold() for name in finder.labels}
    names = {label.name.casefold(), *(parent.casefold() for parent in label.parents)}
    return label.confidence >= finder.min_confidence and not wanted.isdisjoint(names)


def _boxed(
    labels: Sequence[Label], finder: FinderSettings, picture: Box, frame_size: FrameSize
) -> Iterator[Figure]:
    for label in labels:
        for instance in label.instances:
            box = instance_box(instance, frame_size)
            inside = intersection(box, picture) if box else None
            if inside and instance.confidence >= finder.min_confidence:
                yield Figure(inside, label.name, instance.confidence)


def _one_each(candidates: list[Figure]) -> list[Figure]:
    """Each figure once, by its surest box; largest first, order independent of the detector's."""
    kept: list[Figure] = []
    for candidate in sorted(candidates, key=lambda figure: (-figure.confidence, _place(figure))):
        if all(intersection_over_union(candidate.box, other.box) < SAME_FIGURE for other in kept):
            kept.append(candidate)
    return sorted(kept, key=_place)


def _place(figure: Figure) -> tuple[int, int, int, int, str]:
    box = figure.box
    return -box.area, box.left, box.top, box.width, figure.label


def _short_side(figure: Figure) -> int:
    return min(figure.box.width, figure.box.height)


def _without_box(
    chosen: Sequence[Label], seen: Sequence[Label], finder: FinderSettings, picture: Box
) -> Findings:
    """The wide frame when a chosen label has no box, else nothing."""
    unboxed = [label for label in chosen if not label.instances]
    if unboxed and finder.wide_when_no_box:
        surest = min(unboxed, key=lambda label: (-label.confidence, label.name))
        return Findings((Figure(picture, surest.name, surest.confidence, wide=True),), ())
    names = sorted(seen, key=lambda label: (-label.confidence, label.name))[:LABELS_TOLD]
    told = ", ".join(f"{label.name} {label.confidence:.0f} %" for label in names) or "nothing"
    return Findings((), (FigureRejected(RejectReason.NO_FIGURE, f"seen: {told}"),))
