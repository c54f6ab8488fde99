"""Boxes that may hold a figure: grown faces, cut-out figures, salient regions."""

from __future__ import annotations

import cv2
import numpy as np

from onmodel_local.vision.grid import (
    HEIGHT,
    WIDTH,
    Face,
    GridBox,
    GridPixels,
    Map,
    Mask,
    normalised,
    otsu,
)
from onmodel_local.vision.saliency import CENTRE, Saliency

# left, up, right and down of a face in its own sizes: a head, a bust, a tall and a broad figure
GROWN = ((0.6, 0.9, 0.6, 0.6), (1, 1.1, 1, 2), (1.5, 1.2, 1.5, 4), (2, 1.2, 2, 2.5))
FACES_CUT_OUT = 3
LEAST_SHARE = 0.012  # of the picture; smaller regions are noise
CUT_ROUNDS = 2  # of GrabCut; further ones change little


def candidate_boxes(small: GridPixels, maps: Saliency, faces: list[Face]) -> list[GridBox]:
    """About twenty boxes in grid pixels, many of them wrong."""
    threshold = otsu(maps.salient)
    boxes = [box for face in faces for box in _grown(face.box)]
    for face in faces[:FACES_CUT_OUT]:
        boxes += _cut_from_face(small, maps.salient, threshold, face.box)
    for factor in (0.8, 1.0, 1.25):
        boxes += regions(maps.salient, threshold * factor)
    for single in (maps.tame, maps.border, maps.barrier):
        weighted = normalised(single * CENTRE)
        boxes += regions(weighted, otsu(weighted))
    return boxes + _cut_from_saliency(small, maps.salient, threshold)


def _grown(face: GridBox) -> list[GridBox]:
    return [
        GridBox(
            max(0.0, face.left - left * face.width),
            max(0.0, face.top - up * face.height),
            min(float(WIDTH), face.right + right * face.width),
            min(float(HEIGHT), face.bottom + down * face.height),
        )
        for left, up, right, down in GROWN
    ]


def regions(values: Map, threshold: float, most: int = 3) -> list[GridBox]:
    """Connected regions above a threshold, heaviest first."""
    mask = cv2.morphologyEx(
        (values > threshold).astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8)
    )
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    weights = np.bincount(labels.ravel(), values.ravel(), len(stats))
    found = []
    for label in range(1, len(stats)):
        left, top, width, height, area = (int(value) for value in stats[label])
        if area > LEAST_SHARE * WIDTH * HEIGHT:
            found.append((float(weights[label]), GridBox(left, top, left + width, top + height)))
    return [box for _, box in sorted(found, key=lambda pair: -pair[0])[:most]]


def _cut(small: GridPixels, mask: Mask) -> Mask:
    """GrabCut at half the size, four times as fast; 1 where the figure is."""
    nothing = np.zeros((HEIGHT, WIDTH), np.uint8)
    half = np.ascontiguousarray(mask[::2, ::2])
    if not (half & 1).any() or (half & 1).all():
        return nothing  # GrabCut needs both sides
    picture = cv2.resize(small, (WIDTH // 2, HEIGHT // 2), interpolation=cv2.INTER_AREA)
    back, front = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(1)
    cv2.grabCut(picture, half, None, back, front, CUT_ROUNDS, cv2.GC_INIT_WITH_MASK)  # type: ignore[call-overload]
    whole = cv2.resize((half & 1).astype(np.uint8), (WIDTH, HEIGHT), interpolation=0)
    return np.asarray(whole, dtype=np.uint8)


def _cut_from_face(
    small: GridPixels, salient: Map, threshold: float, face: GridBox
) -> list[GridBox]:
    """The figure around a face.

    The face is certain, the body below it and salient pixels near it are likely, all else is not.
    """
    w, h, (x, y) = face.width, face.height, face.centre
    mask = np.full((HEIGHT, WIDTH), cv2.GC_BGD, np.uint8)
    near = GridBox(x - 3 * w, face.top - 1.3 * h, x + 3 * w, face.bottom + 5 * h)
    body = GridBox(x - 0.9 * w, y - 0.6 * h, x + 0.9 * w, face.bottom + 1.3 * h)
    mask[_slices(near)] = cv2.GC_PR_BGD
    mask[(mask == cv2.GC_PR_BGD) & (salient > threshold * 0.8)] = cv2.GC_PR_FGD
    mask[_slices(body)] = cv2.GC_PR_FGD
    axes = (max(1, int(w * 0.4)), max(1, int(h * 0.4)))
    cv2.ellipse(mask, (int(x), int(y)), axes, 0, 0, 360, cv2.GC_FGD, -1)
    figure = cv2.morphologyEx(_cut(small, mask), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(figure)
    label = labels[min(HEIGHT - 1, max(0, int(y))), min(WIDTH - 1, max(0, int(x)))]
    if label == 0:
        return []
    left, top, width, height = (int(value) for value in stats[label][:4])
    return [GridBox(left, top, left + width, top + height)]


def _cut_from_saliency(small: GridPixels, salient: Map, threshold: float) -> list[GridBox]:
    mask = np.full((HEIGHT, WIDTH), cv2.GC_PR_BGD, np.uint8)
    mask[salient > threshold * 1.3] = cv2.GC_PR_FGD
    mask[salient < threshold * 0.5] = cv2.GC_BGD
    return regions(_cut(small, mask).astype(np.float32), 0.5)


def _slices(box: GridBox) -> tuple[slice, slice]:
    left, top, right, bottom = (max(0, round(value)) for value in box)
    return slice(top, bottom), slice(left, right)
