import pytest
from hypothesis import given
from hypothesis import strategies as st

from onmodel.contracts.base import Box
from onmodel.contracts.crops import Detection, RejectReason
from onmodel.vision.detections import (
    SAME_FIGURE,
    choose_detections,
    merge_detections,
    unique_detections,
)
from onmodel.vision.geometry import intersection_over_union


def detection(
    left: int, top: int, width: int, height: int, confidence: float = 90, *, wide: bool = False
) -> Detection:
    box = Box(left=left, top=top, width=width, height=height)
    return Detection(box=box, label="Person", confidence=confidence, wide=wide)


detections = st.lists(
    st.builds(
        detection,
        st.integers(0, 300),
        st.integers(0, 300),
        st.integers(1, 300),
        st.integers(1, 300),
        st.floats(0, 100),
    ),
    max_size=8,
)


def test_unique_when_boxes_nearly_agree_then_the_one_of_highest_confidence() -> None:
    low, high = detection(0, 0, 100, 100, 80), detection(2, 0, 100, 100, 99)
    apart = detection(300, 0, 50, 50, 60)
    assert unique_detections([low, apart, high]) == (high, apart)


def test_unique_when_boxes_overlap_by_less_than_the_limit_then_both() -> None:
    one, other = detection(0, 0, 100, 100, 80), detection(26, 0, 100, 100, 99)
    assert intersection_over_union(one.box, other.box) < SAME_FIGURE
    assert set(unique_detections([one, other])) == {one, other}


@given(detections, st.randoms())
def test_unique_when_shuffled_then_the_same_separate_figures_largest_first(
    found: list[Detection], shuffler: object
) -> None:
    kept = unique_detections(found)
    areas = [each.box.area for each in kept]
    assert areas == sorted(areas, reverse=True)
    assert all(
        intersection_over_union(one.box, other.box) < SAME_FIGURE
        for i, one in enumerate(kept)
        for other in kept[:i]
    )
    shuffler.shuffle(found)  # type: ignore[attr-defined]
    assert unique_detections(found) == kept


def test_choose_when_too_many_then_the_largest_and_the_rest_is_listed_with_reasons() -> None:
    found = [
        detection(0, 0, 200, 200),
        detection(300, 0, 400, 400),
        detection(300, 600, 300, 300),
        detection(900, 900, 50, 100),
    ]
    chosen, rejected = choose_detections(found, least_side=100, most=2)
    assert [each.box.width for each in chosen] == [400, 300]
    assert [(each.reason, each.detail, each.box) for each in rejected] == [
        (RejectReason.TOO_SMALL, "Person of 50 x 100 pixels, least side 100", found[3].box),
        (RejectReason.SURPLUS, "2 larger figures are taken", found[0].box),
    ]


def test_choose_when_the_side_is_just_the_least_then_taken() -> None:
    found = detection(0, 0, 100, 300)
    assert choose_detections([found], least_side=100, most=1) == ((found,), ())
    assert choose_detections([found], least_side=101, most=1)[0] == ()


def test_choose_when_wide_then_never_too_small() -> None:
    found = detection(0, 0, 80, 60, wide=True)
    assert choose_detections([found], least_side=100, most=4) == ((found,), ())


@given(detections, st.integers(1, 200), st.integers(1, 5))
def test_choose_when_done_then_every_detection_is_chosen_or_rejected_once(
    found: list[Detection], least_side: int, most: int
) -> None:
    chosen, rejected = choose_detections(found, least_side=least_side, most=most)
    assert len(chosen) <= most
    assert len(chosen) + len(rejected) == len(found)
    assert all(min(each.box.width, each.box.height) >= least_side for each in chosen)


def boxed(
    left: int, top: int, width: int, height: int, label: str = "Person", confidence: float = 80
) -> Detection:
    box = Box(left=left, top=top, width=width, height=height)
    return Detection(box=box, label=label, confidence=confidence)


HEAD = boxed(140, 110, 60, 80, "Face", 99).model_copy(
    update={"face": Box(left=150, top=130, width=40, height=50), "is_grown": True}
)
PERSON = boxed(100, 100, 150, 400)


@pytest.mark.parametrize("order", [("faces", "labels"), ("labels", "faces")])
def test_merge_when_two_finders_see_one_figure_then_the_box_of_the_first_and_both_names(
    order: tuple[str, str],
) -> None:
    by_finder = {"faces": [HEAD], "labels": [PERSON]}
    (found,) = merge_detections({kind: by_finder[kind] for kind in order})
    assert found.box == by_finder[order[0]][0].box
    assert (found.found_by, found.confidence) == (order, 99)
    assert (found.face, found.is_grown) == (HEAD.face, order[0] == "faces")


def test_merge_when_two_heads_lie_in_one_box_then_the_second_is_a_figure_of_its_own() -> None:
    child = boxed(180, 300, 40, 50, "Face")
    found = merge_detections({"labels": [PERSON], "faces": [HEAD, child]})
    assert [each.found_by for each in found] == [("labels", "faces"), ("faces",)]
    assert [each.box for each in found] == [PERSON.box, child.box]


def test_merge_when_the_boxes_are_nearly_the_same_then_one_figure_whoever_joined_it() -> None:
    twice = [boxed(100, 100, 150, 380), boxed(100, 120, 150, 380)]
    (found,) = merge_detections({"labels": [PERSON], "grounding": twice})
    assert (found.box, found.found_by) == (PERSON.box, ("labels", "grounding"))


def test_merge_when_figures_stand_apart_then_all_largest_first() -> None:
    other = boxed(600, 100, 60, 80, "Face")
    found = merge_detections({"faces": [other], "labels": [PERSON]})
    assert [each.found_by for each in found] == [("labels",), ("faces",)]


def test_merge_when_one_finder_has_a_box_then_the_whole_frame_of_another_is_left_out() -> None:
    picture = Box(left=0, top=0, width=1280, height=720)
    wide = Detection(box=picture, label="Person", confidence=70, wide=True)
    assert [each.wide for each in merge_detections({"labels": [wide], "faces": [HEAD]})] == [False]
    (alone,) = merge_detections({"labels": [wide], "faces": []})
    assert (alone.wide, alone.found_by) == (True, ("labels",))
