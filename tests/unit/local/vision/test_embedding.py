from __future__ import annotations

import cv2
import numpy as np
import pytest

from onmodel_local.vision.embedding import LENGTHS, embed


def _figure(colour: tuple[int, int, int], shift: int = 0) -> np.ndarray:
    picture = np.full((300, 300, 3), (90, 120, 90), np.uint8)
    cv2.ellipse(picture, (150 + shift, 160), (70, 110), 0, 0, 360, colour, -1)
    return picture


@pytest.mark.parametrize("length", LENGTHS)
def test_embed_when_any_length_then_unit_vector(length: int) -> None:
    vector = embed(_figure((60, 80, 200)), length)
    assert vector.shape == (length,)
    assert vector.dtype == np.float32
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("length", LENGTHS)
def test_embed_when_figure_moves_a_little_then_nearer_than_another_figure(length: int) -> None:
    here, moved = embed(_figure((60, 80, 200)), length), embed(_figure((60, 80, 200), 8), length)
    other = embed(_figure((210, 90, 60)), length)
    assert here @ moved > 0.9
    assert here @ moved > here @ other + 0.1


def test_embed_when_picture_is_recompressed_then_nearly_the_same() -> None:
    picture = _figure((60, 80, 200))
    _, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 70])
    again = cv2.imdecode(jpeg, cv2.IMREAD_COLOR)
    assert embed(picture) @ embed(again) > 0.97
