from __future__ import annotations

import cv2
import numpy as np
import pytest
from fakes.drawing_in_memory import DrawingInMemory, flat
from fakes.image_model import FakeImageModel
from fakes.labels import FakeLabels, figure

from onmodel.contracts.keys import DatasetKeys, StoryboardKeys
from onmodel.contracts.panels import PanelRequest, Panels
from onmodel.formats.npy import from_npy

TRAINING = "t-1"


class TwoHalves(FakeImageModel):
    """Blue at the left, red at the right."""

    def draw(self, model: str, panel: PanelRequest) -> Panels:
        pixels = flat((255, 0, 0))
        pixels[:, 256:] = (0, 0, 255)
        return Panels(pictures=(cv2.imencode(".png", pixels)[1].tobytes(),) * panel.images)


@pytest.fixture
def drawn() -> DrawingInMemory:
    studio = DrawingInMemory(TwoHalves())
    studio.serve()
    studio.upload()
    studio.labels = FakeLabels((figure(0, 0, 0.5, 1), figure(0.5, 0, 0.5, 1)))
    return studio


def test_measure_when_figures_are_found_then_each_has_a_row_beside_its_picture(
    drawn: DrawingInMemory,
) -> None:
    item = drawn.items(drawn.plan())[0]
    drawn.draw(item)
    panel = drawn.score(item)
    vectors = from_npy(drawn.studio.get(StoryboardKeys("bunny", item.name, 1).panel_vectors(1)))
    rows = [picture.score.row for picture in panel.pictures if picture.score]
    figures = [picture.score.figures or () for picture in panel.pictures if picture.score]
    assert rows == [0, 3, 6]
    assert [[found.row for found in of_picture] for of_picture in figures] == [
        [1, 2],
        [4, 5],
        [7, 8],
    ]
    assert sorted(box.box.left for box in figures[0]) == [0, 256]
    assert vectors.shape[0] == 9
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)


def test_measure_when_repeated_then_nothing_is_asked_again_and_the_usage_stands(
    drawn: DrawingInMemory,
) -> None:
    item = drawn.items(drawn.plan())[0]
    drawn.draw(item)
    first = drawn.score(item)
    asked = len(drawn.labels.pictures)
    assert drawn.score(item) == first
    assert len(drawn.labels.pictures) == asked == 3


def test_measure_when_compared_then_with_the_nearest_training_picture_by_its_shapes(
    drawn: DrawingInMemory,
) -> None:
    item = drawn.items(drawn.plan())[0]
    drawn.draw(item)
    scores = [picture.score for picture in drawn.score(item).pictures if picture.score]
    assert all(score.structure for score in scores)
    assert {score.nearest_crop for score in scores} <= {"crop-0", "crop-1"}


def test_judge_when_a_take_is_published_then_its_numbers_are_written_and_shown(
    drawn: DrawingInMemory,
) -> None:
    plan = drawn.plan()
    for item in drawn.items(plan):
        drawn.draw(item)
        drawn.score(item)
    page = drawn.publish(plan)
    assert "The numbers" in page
    assert "Buck has no held-out picture: all of its shots were trained on" in page
    assert "the dataset has too few pictures" in page
    assert list(drawn.studio.list(StoryboardKeys("bunny", plan.name, 1).judgement))


def test_judge_when_the_dataset_is_gone_then_the_gallery_without_numbers(
    drawn: DrawingInMemory,
) -> None:
    plan = drawn.plan()
    for item in drawn.items(plan):
        drawn.draw(item)
        drawn.score(item)
    deployment = drawn.deployment().body.training_id
    drawn.studio.delete_prefix(DatasetKeys("bunny", deployment).items)
    assert "The numbers" not in drawn.publish(plan)
