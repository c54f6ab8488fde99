import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onmodel.contracts.settings import NamingSettings
from onmodel.namers.embeddings import name_crops

NAMING = NamingSettings(threshold=0.65, margin=0.03)


def at(*degrees: float) -> npt.NDArray[np.float32]:
    """Unit vectors in the plane: the cosine of two is that of the angle between them."""
    return np.array(
        [(math.cos(math.radians(d)), math.sin(math.radians(d))) for d in degrees], np.float32
    ).reshape(-1, 2)


def test_name_crops_when_near_one_character_then_named_with_its_margin() -> None:
    (named,) = name_crops(["a"], at(10), {"buck": at(0, 90), "frank": at(60)}, NAMING)
    assert (named.character, named.runner_up) == ("buck", "frank")
    assert named.confidence == pytest.approx(math.cos(math.radians(10)), abs=1e-6)
    assert named.margin == pytest.approx(
        math.cos(math.radians(10)) - math.cos(math.radians(50)), abs=1e-6
    )


def test_name_crops_when_between_two_then_abstains_and_tells_the_nearest() -> None:
    (named,) = name_crops(["a"], at(29.9), {"buck": at(0), "frank": at(60)}, NAMING)
    assert (named.character, named.runner_up) == (None, "buck")
    assert named.margin < 0.03


def test_name_crops_when_far_from_all_then_abstains() -> None:
    (named,) = name_crops(["a"], at(180), {"buck": at(0)}, NAMING)
    assert named.character is None
    assert named.confidence == pytest.approx(-1)
    assert named.margin == 0


def test_name_crops_when_one_character_then_only_the_threshold_counts() -> None:
    strict = NamingSettings(threshold=0.65, margin=1)
    names = name_crops(["a", "b"], at(30, 60), {"buck": at(0)}, strict)
    assert [name.character for name in names] == ["buck", None]


@pytest.mark.parametrize("threshold", [0.3, 0.65, 0.9])
def test_name_crops_when_similarity_is_about_the_threshold_then_it_decides_to_the_thousandth(
    threshold: float,
) -> None:
    below, above = (math.degrees(math.acos(threshold + by)) for by in (-0.001, 0.001))
    naming = NamingSettings(threshold=threshold, margin=0)
    names = name_crops(["below", "above"], at(below, above), {"buck": at(0)}, naming)
    assert [name.character for name in names] == [None, "buck"]


@pytest.mark.parametrize("margin", [0.03, 0.2])
def test_name_crops_when_the_lead_is_about_the_margin_then_it_decides_to_the_thousandth(
    margin: float,
) -> None:
    naming = NamingSettings(threshold=0.1, margin=margin)
    for by, expected in ((-0.001, None), (0.001, "buck")):
        other = math.degrees(math.acos(1 - margin - by))
        (named,) = name_crops(["a"], at(0), {"buck": at(0), "frank": at(other)}, naming)
        assert named.character == expected


def test_name_crops_when_two_characters_share_a_reference_then_abstains_even_without_margin() -> (
    None
):
    shared = {"buck": at(0), "frank": at(0)}
    (named,) = name_crops(["a"], at(0), shared, NamingSettings(threshold=0.5, margin=0))
    assert named.character is None


@pytest.mark.parametrize("references", [{}, {"buck": at()}])
def test_name_crops_when_there_are_no_references_then_nobody(
    references: dict[str, npt.NDArray[np.float32]],
) -> None:
    names = name_crops(["a", "b"], at(0, 10), references, NAMING)
    assert [(name.crop_id, name.character) for name in names] == [("a", None), ("b", None)]


def test_name_crops_when_there_are_no_crops_then_nothing() -> None:
    assert name_crops([], at(), {"buck": at(0)}, NAMING) == ()


angles = st.lists(st.floats(0, 360), min_size=1, max_size=6)


@given(angles, angles, angles)
def test_name_crops_when_any_then_named_exactly_when_threshold_and_margin_hold(
    crops: list[float], buck: list[float], frank: list[float]
) -> None:
    references = {"buck": at(*buck), "frank": at(*frank)}
    ids = [str(i) for i in range(len(crops))]
    for row, name in zip(at(*crops), name_crops(ids, at(*crops), references, NAMING), strict=True):
        near = {who: float((rows @ row).max()) for who, rows in references.items()}
        other = {"buck": "frank", "frank": "buck"}
        nearest = max(near, key=near.__getitem__)
        lead = near[nearest] - near[other[nearest]]
        if near[nearest] >= NAMING.threshold + 1e-5 and lead >= NAMING.margin + 1e-5:
            assert name.character == nearest
        if near[nearest] < NAMING.threshold - 1e-5 or lead < NAMING.margin - 1e-5:
            assert name.character is None
