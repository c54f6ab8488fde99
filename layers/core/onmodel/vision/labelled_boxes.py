"""Turns a label detector's answer into figures, and into words for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from onmodel.contracts.base import Box
from onmodel.contracts.crops import Detection
from onmodel.ports.models import Label
from onmodel.vision.geometry import FrameSize, instance_box, intersection

LABELS_SHOWN = 5
"""Labels named for a frame without a figure, those of highest confidence."""


def boxed_figures(
    labels: Sequence[Label], picture: Box, frame_size: FrameSize, min_confidence: float
) -> Iterator[Detection]:
    """A detection for each box of the labels, cut at the picture; labels without a box have none.

    Args:
        labels: a detector's.
        picture: the frame without letter or pillar bars.
        frame_size: in pixels.
        min_confidence: percent, of a box.
    """
    for label in labels:
        for instance in label.instances:
            box = instance_box(instance, frame_size)
            inside = intersection(box, picture) if box else None
            if inside and instance.confidence >= min_confidence:
                yield Detection(box=inside, label=label.name, confidence=instance.confidence)


def labels_in_words(labels: Sequence[Label]) -> str:
    """The surest labels with their confidence; "nothing" for none."""
    shown = sorted(labels, key=surest_first)[:LABELS_SHOWN]
    return ", ".join(f"{label.name} {label.confidence:.0f} %" for label in shown) or "nothing"


def surest_first(label: Label) -> tuple[float, str]:
    """A key to sort by: the highest confidence first, then by name."""
    return -label.confidence, label.name
