"""Eighteen measurements of each candidate box, and a linear rule for how well it fits.

The rule (ridge regression on the overlap with hand-drawn boxes) was fitted on 66 figure frames of
Big Buck Bunny, and on nothing else: there the best box reaches an overlap of 0.5 in 73 % of the
frames with a figure, and in 13 of 16 empty frames nothing is found.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from onmodel_local.vision.grid import HEIGHT, WIDTH, Face, GridBox, GridPixels, otsu, overlap
from onmodel_local.vision.saliency import Saliency

Values = npt.NDArray[np.float64]
Integral = npt.NDArray[Any]
"""The result of cv2.integral: one row and column more than its map."""

# name, mean and deviation on the fitted frames, weight
RULE = (
    ("agreement with the other boxes", 0.3855, 0.2103, 0.02837),
    ("share of boxes that agree well", 0.3225, 0.2432, 0.04919),
    ("best face inside", 0.4974, 0.3278, 0.1042),
    ("best face of the frame", 0.5912, 0.2869, 0.01255),
    ("faces elsewhere only", 0.1071, 0.3103, 0.003732),
    ("several faces inside", 0.3651, 0.4825, 0.01622),
    ("log share of the face", -1.451, 1.141, -0.09005),
    ("its square", 3.405, 3.689, -0.05032),
    ("face away from a third of the height", 0.1136, 0.1116, -0.01039),
    ("area", 0.3533, 0.2613, -0.08711),
    ("square root of the area", 0.5446, 0.2391, -0.006294),
    ("log aspect", 0.3624, 0.2527, -0.01641),
    ("touches the top", 0.2579, 0.4385, 0.01797),
    ("share of the salient pixels", 0.6603, 0.362, 0.0579),
    ("saliency inside less around", 0.1497, 0.1085, 0.002424),
    ("tameness inside less around", 0.1528, 0.1531, 0.04089),
    ("smoothness inside", 0.4742, 0.2172, 0.03938),
    ("colours unlike those around", 0.4543, 0.1909, 0.05889),
)
BIAS = 0.4124
_MEANS, _DEVIATIONS, _WEIGHTS = (
    np.array([row[column] for row in RULE], dtype=np.float64) for column in (1, 2, 3)
)
_AGREES = 0.6  # overlap from which two boxes mean the same figure


def expected_overlaps(
    small: GridPixels, maps: Saliency, faces: list[Face], boxes: list[GridBox]
) -> list[float]:
    """How well each box is expected to fit a figure: an overlap of 0 to about 1."""
    rows = measurements(small, maps, faces, boxes)
    return [float(value) for value in (rows - _MEANS) / _DEVIATIONS @ _WEIGHTS + BIAS]


def measurements(
    small: GridPixels, maps: Saliency, faces: list[Face], boxes: list[GridBox]
) -> Values:
    """(boxes, 18) in the order of RULE."""
    frame = _Frame(small, maps)
    return np.array(
        [
            _agreement(box, boxes)
            + _about_faces(box, frame.snapped(box), faces)
            + _about_shape(frame.snapped(box))
            + frame.about_pixels(frame.snapped(box))
            for box in boxes
        ],
        dtype=np.float64,
    ).reshape(len(boxes), len(RULE))


def _agreement(box: GridBox, boxes: list[GridBox]) -> list[float]:
    overlaps = [overlap(box, other) for other in boxes]
    mean = (sum(overlaps) - 1) / max(1, len(boxes) - 1)
    return [mean, sum(value > _AGREES for value in overlaps) / len(overlaps)]


def _about_faces(box: GridBox, snapped: GridBox, faces: list[Face]) -> list[float]:
    inside = [face for face in faces if box.contains(face.box.centre)]
    best = max((face.score for face in faces), default=0.0)
    if not inside:
        return [0.0, best, float(bool(faces)), 0.0, 0.0, 0.0, 0.0]
    main = max(inside, key=lambda face: face.score)
    share = float(np.log(main.box.area / snapped.area + 0.005))
    height = abs((main.box.centre[1] - snapped.top) / snapped.height - 0.35)
    return [main.score, best, 0.0, float(len(inside) > 1), share, share * share, height]


def _about_shape(box: GridBox) -> list[float]:
    area = box.area / (WIDTH * HEIGHT)
    aspect = abs(float(np.log(box.width / box.height)))
    return [area, area**0.5, aspect, float(box.top <= 1)]


class _Frame:
    """Integral images and colour indices of one picture, shared by its boxes."""

    def __init__(self, small: GridPixels, maps: Saliency) -> None:
        figure = (maps.salient > otsu(maps.salient)).astype(np.float32)
        self._salient = cv2.integral(maps.salient)
        self._tame = cv2.integral(maps.tame)
        self._smooth = cv2.integral(maps.smooth)
        self._figure = cv2.integral(figure)
        lab = cv2.cvtColor(cv2.GaussianBlur(small, (3, 3), 0), cv2.COLOR_BGR2LAB).astype(np.int64)
        green, blue = (np.clip((lab[..., i] - 88) // 10, 0, 7) for i in (1, 2))
        self._colours = lab[..., 0] // 32 * 64 + green * 8 + blue

    @staticmethod
    def snapped(box: GridBox) -> GridBox:
        """To whole pixels, at least two wide and high."""
        left, top = min(WIDTH - 2, round(box.left)), min(HEIGHT - 2, round(box.top))
        right = max(left + 2, min(WIDTH, round(box.right)))
        return GridBox(left, top, right, max(top + 2, min(HEIGHT, round(box.bottom))))

    def about_pixels(self, box: GridBox) -> list[float]:
        ring = self._around(box)
        return [
            _sum(self._figure, box) / (float(self._figure[-1, -1]) + 1),
            self._contrast(self._salient, box, ring),
            self._contrast(self._tame, box, ring),
            _sum(self._smooth, box) / box.area,
            self._colour_difference(box, ring),
        ]

    @staticmethod
    def _around(box: GridBox) -> GridBox:
        """A quarter wider and higher on each side, within the picture."""
        across, down = max(2, int(box.width) // 4), max(2, int(box.height) // 4)
        return GridBox(
            max(0, box.left - across),
            max(0, box.top - down),
            min(WIDTH, box.right + across),
            min(HEIGHT, box.bottom + down),
        )

    @staticmethod
    def _contrast(integral: Integral, box: GridBox, ring: GridBox) -> float:
        outside = ring.area - box.area
        if outside <= 20:
            return 0.0
        inner = _sum(integral, box)
        return inner / box.area - (_sum(integral, ring) - inner) / outside

    def _colour_difference(self, box: GridBox, ring: GridBox) -> float:
        """1 less the Bhattacharyya coefficient of the colours inside and around."""
        left, top, right, bottom = (int(value) for value in box)
        dx, dy = (right - left) // 7, (bottom - top) // 8  # the box's edge belongs to neither
        inner = self._histogram(GridBox(left + dx, top + dy, right - dx, bottom - dy))
        outer = self._histogram(ring) - self._histogram(box)
        product = (inner / (inner.sum() + 1e-6)) * (outer / (outer.sum() + 1e-6))
        return float(1 - np.sqrt(product).sum())

    def _histogram(self, box: GridBox) -> Values:
        left, top, right, bottom = (int(value) for value in box)
        return np.bincount(self._colours[top:bottom, left:right].ravel(), minlength=512).astype(
            np.float64
        )


def _sum(integral: Integral, box: GridBox) -> float:
    left, top, right, bottom = (int(value) for value in box)
    upper = integral[top, right] - integral[top, left]
    return float(integral[bottom, right] - integral[bottom, left] - upper)
