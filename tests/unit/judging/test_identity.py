from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from onmodel.judging.identity import PicturesOfCharacter, scales


def pictures(
    vectors: Sequence[Sequence[float]], shots: Sequence[int], held_out: Sequence[int]
) -> PicturesOfCharacter:
    return PicturesOfCharacter(
        vectors=np.array(vectors, np.float32),
        shots=[("film", shot) for shot in shots],
        held_out=np.isin(np.arange(len(shots)), held_out),
    )


BUCK = pictures([(1, 0), (0.8, 0.6), (0.8, 0.6)], [1, 2, 2], held_out=[0])
FRANK = pictures([(0, 1), (0, 1)], [3, 4], held_out=[1])


def test_scale_when_computed_by_hand_then_the_same() -> None:
    """Buck's held-out picture (1, 0): floor cos to Frank 0, ceiling cos to his own shot 2 0.8."""
    found, why_not = scales({"buck": BUCK, "frank": FRANK})
    assert why_not == {}
    assert (found["buck"].floor, found["buck"].ceiling) == pytest.approx((0, 0.8))
    assert found["buck"].of(np.array((0.8, 0.6), np.float32)) == pytest.approx(1)
    assert found["buck"].of(np.array((0, 1), np.float32)) == pytest.approx(0)
    assert found["buck"].of(np.array((1, 0), np.float32)) == pytest.approx(1.25)
    assert found["buck"].of(np.array((0.4, 0.9165), np.float32)) == pytest.approx(0.5)


def test_scale_when_a_shot_has_many_pictures_then_its_own_do_not_raise_the_ceiling() -> None:
    twice = pictures([(1, 0), (1, 0), (0.8, 0.6)], [1, 1, 2], held_out=[0, 1])
    found, _ = scales({"buck": twice, "frank": FRANK})
    assert found["buck"].ceiling == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("characters", "why"),
    [
        ({"buck": pictures([(1, 0), (0.8, 0.6)], [1, 2], []), "frank": FRANK}, "no held-out"),
        ({"buck": BUCK}, "only character"),
        ({"buck": pictures([(1, 0), (1, 0)], [1, 1], [0]), "frank": FRANK}, "one shot only"),
        ({"buck": BUCK, "frank": BUCK}, "not told apart"),
    ],
)
def test_scale_when_it_cannot_be_made_then_says_why(
    characters: dict[str, PicturesOfCharacter], why: str
) -> None:
    found, why_not = scales(characters)
    assert "buck" not in found
    assert why in why_not["buck"]
