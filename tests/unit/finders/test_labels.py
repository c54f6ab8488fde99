from hypothesis import given
from hypothesis import strategies as st

from onmodel.contracts.base import Box
from onmodel.contracts.films import RejectReason
from onmodel.contracts.settings import FinderSettings
from onmodel.finders.labels import SAME_FIGURE, Figure, Findings, choose_figures
from onmodel.ports.models import Instance, Label
from onmodel.vision.geometry import intersection_over_union

SIZE = (1000, 1000)
PICTURE = Box(left=0, top=0, width=1000, height=1000)
FINDER = FinderSettings(labels=("Person", "Animal"), max_figures=2)


def seen(left: float, top: float, width: float, height: float, confidence: float = 90) -> Instance:
    return Instance(left=left, top=top, width=width, height=height, confidence=confidence)


def label(
    name: str, *instances: Instance, parents: tuple[str, ...] = (), confidence: float = 95
) -> Label:
    return Label(name=name, confidence=confidence, instances=instances, parents=parents)


def choose(*labels: Label, finder: FinderSettings = FINDER, picture: Box = PICTURE) -> Findings:
    return choose_figures(labels, finder, picture, SIZE, 100)


def test_choose_figures_when_a_parent_is_chosen_then_the_label_counts() -> None:
    found = choose(label("Rabbit", seen(0.1, 0.2, 0.3, 0.4), parents=("ANIMAL", "Mammal")))
    assert found.figures == (Figure(Box(left=100, top=200, width=300, height=400), "Rabbit", 90),)
    assert found.rejected == ()


def test_choose_figures_when_other_things_are_seen_then_ignored_and_told() -> None:
    found = choose(label("Tree", seen(0, 0, 0.9, 0.9), parents=("Plant",)))
    assert found.figures == ()
    assert [(line.reason, line.detail) for line in found.rejected] == [
        (RejectReason.NO_FIGURE, "seen: Tree 95 %")
    ]


def test_choose_figures_when_nothing_is_seen_then_no_figure() -> None:
    (rejected,) = choose().rejected
    assert (rejected.reason, rejected.box) == (RejectReason.NO_FIGURE, None)


def test_choose_figures_when_one_figure_has_two_labels_then_the_surer_box_once() -> None:
    found = choose(
        label("Person", seen(0.1, 0.1, 0.4, 0.4, 80)),
        label("Woman", seen(0.11, 0.1, 0.4, 0.4, 99), parents=("Person",)),
    )
    assert [(figure.label, figure.box.left) for figure in found.figures] == [("Woman", 110)]


def test_choose_figures_when_too_many_then_the_largest_and_the_rest_is_listed() -> None:
    found = choose(
        label(
            "Person",
            seen(0, 0, 0.2, 0.2),
            seen(0.3, 0, 0.4, 0.4),
            seen(0.3, 0.6, 0.3, 0.3),
            seen(0.9, 0.9, 0.05, 0.1),
        )
    )
    assert [figure.box.width for figure in found.figures] == [400, 300]
    assert [(line.reason, line.box.width) for line in found.rejected if line.box] == [
        (RejectReason.TOO_SMALL, 50),
        (RejectReason.SURPLUS, 200),
    ]


def test_choose_figures_when_label_has_no_box_then_the_wide_picture_flagged() -> None:
    picture = Box(left=0, top=100, width=1000, height=800)
    found = choose(label("Animal", confidence=80), label("Person", confidence=70), picture=picture)
    assert found.figures == (Figure(picture, "Animal", 80, wide=True),)
    assert found.rejected == ()


def test_choose_figures_when_wide_is_off_then_no_figure() -> None:
    finder = FINDER.model_copy(update={"wide_when_no_box": False})
    assert choose(label("Animal"), finder=finder).rejected[0].reason is RejectReason.NO_FIGURE


def test_choose_figures_when_only_a_small_box_then_not_the_wide_picture() -> None:
    found = choose(label("Animal"), label("Rabbit", seen(0, 0, 0.09, 0.5), parents=("Animal",)))
    assert found.figures == ()
    assert [line.reason for line in found.rejected] == [RejectReason.TOO_SMALL]


def test_choose_figures_when_unsure_then_ignored() -> None:
    found = choose(label("Person", seen(0, 0, 0.5, 0.5, 54)), label("Animal", confidence=54))
    assert [line.reason for line in found.rejected] == [RejectReason.NO_FIGURE]


def test_choose_figures_when_in_the_bars_then_cut_at_the_picture() -> None:
    picture = Box(left=0, top=200, width=1000, height=600)
    found = choose(
        label("Person", seen(0, 0, 0.5, 0.15), seen(0.5, 0.1, 0.3, 0.5)), picture=picture
    )
    assert [figure.box for figure in found.figures] == [
        Box(left=500, top=200, width=300, height=400)
    ]


places = st.builds(
    seen,
    st.floats(-0.1, 1),
    st.floats(-0.1, 1),
    st.floats(0, 1),
    st.floats(0, 1),
    st.floats(0, 100),
)


@given(st.lists(places, max_size=8), st.randoms())
def test_choose_figures_when_shuffled_then_the_same_separate_figures_largest_first(
    instances: list[Instance], shuffler: object
) -> None:
    found = choose(label("Person", *instances))
    boxes = [figure.box for figure in found.figures]
    assert boxes == sorted(boxes, key=lambda box: -box.area)
    assert all(
        intersection_over_union(a, b) < SAME_FIGURE for i, a in enumerate(boxes) for b in boxes[:i]
    )
    assert all(min(box.width, box.height) >= 100 or found.figures[0].wide for box in boxes)
    shuffled = list(instances)
    shuffler.shuffle(shuffled)  # type: ignore[attr-defined]
    assert choose(label("Person", *shuffled)) == found
