import numpy as np
import pytest
from fakes.faces import FakeFaces, face

from onmodel.contracts.base import Box
from onmodel.contracts.crops import Detection
from onmodel.contracts.finders import FacesFinderSettings
from onmodel.finders.faces import FacesFinder
from onmodel.ports.finder import FrameDetections
from onmodel.ports.models import Instance

FRAME = np.zeros((1000, 1000, 3), np.uint8)
PICTURE = Box(left=0, top=0, width=1000, height=1000)
HEAD = FacesFinderSettings(figure="head")


def find(
    *faces: Instance, settings: FacesFinderSettings = HEAD, picture: Box = PICTURE
) -> FrameDetections:
    return FacesFinder(FakeFaces(faces), settings).find(FRAME, picture)


@pytest.mark.parametrize(
    ("figure", "box"),
    [
        ("head", (470, 65, 160, 145)),
        ("half", (380, 60, 340, 380)),
        ("full", (340, 60, 420, 940)),  # feet are below the picture
    ],
)
def test_find_when_a_figure_is_chosen_then_the_face_is_grown_to_it(
    figure: str, box: tuple[int, int, int, int]
) -> None:
    settings = FacesFinderSettings.model_validate({"figure": figure})
    (found,) = find(face(0.5, 0.1, 0.1, 0.1), settings=settings).detections
    assert (found.box.left, found.box.top, found.box.width, found.box.height) == box
    assert (found.label, found.confidence, found.wide) == ("Face", 99, False)


def test_find_when_a_face_is_unsure_then_left_out_and_said() -> None:
    found = find(face(0.5, 0.1, 0.1, 0.1, confidence=89.6))
    assert found == FrameDetections((), "Face 90 %")


def test_find_when_nobody_is_there_then_it_says_no_face() -> None:
    assert find() == FrameDetections((), "no face")


def test_find_when_a_face_is_in_the_bars_then_left_out() -> None:
    picture = Box(left=0, top=300, width=1000, height=400)
    assert find(face(0.5, 0.05, 0.1, 0.1), picture=picture).detections == ()


def test_find_when_a_face_is_at_the_border_then_its_figure_ends_there() -> None:
    found = find(face(-0.02, 0.0, 0.1, 0.1, 95))
    assert found.detections == (
        Detection(
            box=Box(left=0, top=0, width=110, height=110),
            label="Face",
            confidence=95,
            face=Box(left=0, top=0, width=80, height=100),
            is_grown=True,
        ),
    )
