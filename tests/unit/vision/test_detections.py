from hypothesis import given
from hypothesis import strategies as st

from onmodel.contracts.base import Box
from onmodel.contracts.films import Detection, RejectReason
from onmodel.vision.detections import SAME_FIGURE, choose_detections, unique_detections
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
