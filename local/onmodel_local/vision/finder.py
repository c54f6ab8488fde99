"""Finds figures: faces and salient regions, ranked by a rule that was fitted on one film."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from onmodel_local.vision.candidates import candidate_boxes
from onmodel_local.vision.faces import find_faces
from onmodel_local.vision.grid import (
    HEIGHT,
    WIDTH,
    Face,
    GridBox,
    GridPixels,
    containment,
    overlap,
    shrink,
)
from onmodel_local.vision.ranking import expected_overlaps
from onmodel_local.vision.saliency import measure_saliency

# least expected overlap of a box, from the frames that the ranking was fitted on
FIRST = 0.40  # in a frame with a face of a high score
FIRST_WITHOUT_FACE = 0.50
FURTHER = 0.50
FURTHER_WITH_OWN_FACE = 0.35
CONVINCING_FACE = 0.45  # YuNet's score

MOST_FIGURES = 3
SAME_FIGURE_OVERLAP = 0.35
SAME_FIGURE_CONTAINMENT = 0.7


class FoundFigure(NamedTuple):
    """A figure's box in fractions of the picture, and its scores.

    `expected_overlap` is the ranking's estimate, 0 to 1; `face` the best face inside, 0 for none.
    """

    left: float
    top: float
    width: float
    height: float
    expected_overlap: float
    face: float


def find_figures(picture: GridPixels) -> list[FoundFigure]:
    """At most three figures, those of the highest expected overlap first."""
    cv2.setNumThreads(1)  # one core for each frame: another frame is analysed at the same time
    small = shrink(picture)
    maps = measure_saliency(small)
    faces = find_faces(picture)
    boxes = candidate_boxes(small, maps, faces)
    if not boxes:
        return []
    chosen = _pick(faces, boxes, expected_overlaps(small, maps, faces, boxes))
    return [_figure(box, score, faces) for box, score in chosen]


def _pick(
    faces: list[Face], boxes: list[GridBox], scores: list[float]
) -> list[tuple[GridBox, float]]:
    """The best box, then boxes apart from it that are good or hold a face of their own."""
    convincing = bool(faces) and faces[0].score >= CONVINCING_FACE
    first = FIRST if convincing else FIRST_WITHOUT_FACE
    chosen: list[tuple[GridBox, float]] = []
    for index in np.argsort([-score for score in scores]):
        box, score = boxes[index], scores[index]
        further = FURTHER_WITH_OWN_FACE if _has_own_face(box, faces, chosen) else FURTHER
        if score >= (further if chosen else first) and all(_apart(box, c) for c, _ in chosen):
            chosen.append((box, score))
        if len(chosen) == MOST_FIGURES:
            break
    return chosen


def _has_own_face(box: GridBox, faces: list[Face], chosen: list[tuple[GridBox, float]]) -> bool:
    return any(
        box.contains(face.box.centre) and not any(c.contains(face.box.centre) for c, _ in chosen)
        for face in faces
    )


def _apart(box: GridBox, other: GridBox) -> bool:
    return (
        overlap(box, other) < SAME_FIGURE_OVERLAP
        and containment(box, other) < SAME_FIGURE_CONTAINMENT
    )


def _figure(box: GridBox, score: float, faces: list[Face]) -> FoundFigure:
    left, top = max(0.0, box.left / WIDTH), max(0.0, box.top / HEIGHT)
    right, bottom = min(1.0, box.right / WIDTH), min(1.0, box.bottom / HEIGHT)
    face = max((f.score for f in faces if box.contains(f.box.centre)), default=0.0)
    return FoundFigure(left, top, right - left, bottom - top, max(0.0, min(1.0, score)), face)
