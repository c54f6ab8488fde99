import numpy as np
from fakes.labels import FakeLabels
from hypothesis import given
from hypothesis import strategies as st

from onmodel.contracts.base import Box
from onmodel.contracts.crops import Detection
from onmodel.contracts.finders import FinderSettings
from onmodel.finders.labels import LabelsFinder
from onmodel.ports.finder import FrameDetections
from onmodel.ports.models import Instance, Label

FRAME = np.zeros((1000, 1000, 3), np.uint8)
PICTURE = Box(left=0, top=0, width=1000, height=1000)
SETTINGS = FinderSettings(labels=("Person", "Animal"))


def seen(left: float, top: float, width: float, height: float, confidence: float = 90) -> Instance:
    return Instance(left=left, top=top, width=width, height=height, confidence=confidence)


def label(
    name: str, *instances: Instance, parents: tuple[str, ...] = (), confidence: float = 95
) -> Label:
    return Label(name=name, confidence=confidence, instances=instances, parents=parents)


def find(
    *labels: Label, settings: FinderSettings = SETTINGS, picture: Box = PICTURE
) -> FrameDetections:
    return LabelsFinder(FakeLabels(labels), settings).find(FRAME, picture)


def test_find_when_a_parent_is_chosen_then_the_label_counts() -> None:
    found = find(label("Rabbit", seen(0.1, 0.2, 0.3, 0.4), parents=("ANIMAL", "Mammal")))
    box = Box(left=100, top=200, width=300, height=400)
    assert found.detections == (Detection(box=box, label="Rabbit", confidence=90),)


def test_find_when_other_things_are_seen_then_none_and_they_are_named() -> None:
    found = find(label("Tree", seen(0, 0, 0.9, 0.9), parents=("Plant",)))
    assert found == FrameDetections((), "Tree 95 %")


def test_find_when_many_things_are_seen_then_the_five_surest_are_named() -> None:
    found = find(*(label(name, confidence=60 + i) for i, name in enumerate("abcdefg")))
    assert found.seen == "g 66 %, f 65 %, e 64 %, d 63 %, c 62 %"


def test_find_when_nothing_is_seen_then_it_says_nothing() -> None:
    assert find() == FrameDetections((), "nothing")


def test_find_when_one_figure_has_two_labels_then_the_surer_box_once() -> None:
    found = find(
        label("Person", seen(0.1, 0.1, 0.4, 0.4, 80)),
        label("Woman", seen(0.11, 0.1, 0.4, 0.4, 99), parents=("Person",)),
    )
    assert [(figure.label, figure.box.left) for figure in found.detections] == [("Woman", 110)]


def test_find_when_a_label_has_no_box_then_the_picture_area_flagged_wide() -> None:
    picture = Box(left=0, top=100, width=1000, height=800)
    found = find(label("Animal", confidence=80), label("Person", confidence=70), picture=picture)
    assert found.detections == (Detection(box=picture, label="Animal", confidence=80, wide=True),)


def test_find_when_wide_is_off_then_none() -> None:
    settings = SETTINGS.model_copy(update={"wide_when_no_box": False})
    assert find(label("Animal"), settings=settings) == FrameDetections((), "Animal 95 %")


def test_find_when_another_label_has_a_box_then_not_the_picture_area() -> None:
    found = find(label("Animal"), label("Rabbit", seen(0, 0, 0.09, 0.5), parents=("Animal",)))
    assert [(figure.label, figure.wide) for figure in found.detections] == [("Rabbit", False)]


def test_find_when_confidence_is_below_the_least_then_none() -> None:
    found = find(label("Person", seen(0, 0, 0.5, 0.5, 54)), label("Animal", confidence=54))
    assert found.detections == ()


def test_find_when_a_box_reaches_into_the_bars_then_cut_at_the_picture() -> None:
    picture = Box(left=0, top=200, width=1000, height=600)
    found = find(label("Person", seen(0, 0, 0.5, 0.15), seen(0.5, 0.1, 0.3, 0.5)), picture=picture)
    assert [figure.box for figure in found.detections] == [
        Box(left=500, top=200, width=300, height=400)
    ]


instances = st.builds(
    seen,
    st.floats(-0.1, 1),
    st.floats(-0.1, 1),
    st.floats(0, 1),
    st.floats(0, 1),
    st.floats(0, 100),
)


@given(st.lists(instances, max_size=8), st.randoms())
def test_find_when_the_detectors_order_changes_then_the_same_detections(
    places: list[Instance], shuffler: object
) -> None:
    shuffled = list(places)
    shuffler.shuffle(shuffled)  # type: ignore[attr-defined]
    assert find(label("Person", *shuffled)) == find(label("Person", *places))
