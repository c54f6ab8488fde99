from __future__ import annotations

import cv2
import numpy as np

from onmodel.video.fields import without_combs


def scene(shift: int) -> np.ndarray:
    picture = np.full((120, 160, 3), 90, np.uint8)
    cv2.circle(picture, (60 + shift, 60), 30, (30, 200, 240), -1)
    cv2.line(picture, (0, 5), (159, 100), (250, 250, 250), 2)
    return picture


def woven(shift: int) -> np.ndarray:
    picture = scene(0)
    picture[1::2] = scene(shift)[1::2]
    return picture


def test_without_combs_when_fields_moved_then_like_the_first_moment():
    combed, truth = woven(12), scene(0)
    better = without_combs(combed)
    assert cv2.PSNR(better, truth) > cv2.PSNR(combed, truth) + 6
    assert np.array_equal(better[0::2], combed[0::2])


def test_without_combs_when_nothing_moved_then_all_lines_are_kept_but_few():
    still = scene(0)
    assert (without_combs(still) != still).any(axis=2).mean() < 0.02


def test_without_combs_when_height_is_odd_then_same_shape():
    odd = woven(5)[:119]
    assert without_combs(odd).shape == odd.shape
