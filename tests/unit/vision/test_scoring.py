import math

import numpy as np
import numpy.typing as npt
import pytest

from onmodel.contracts.panels import PanelScore
from onmodel.vision.scoring import measure_panel


def at(*degrees: float) -> npt.NDArray[np.float32]:
    return np.array(
        [(math.cos(math.radians(d)), math.sin(math.radians(d))) for d in degrees], np.float32
    ).reshape(-1, 2)


def cosine(degrees: float) -> float:
    return math.cos(math.radians(degrees))


def score(panel: float, **changes: object) -> PanelScore:
    arguments = {
        "characters": ["buck"],
        "shown": {"buck": at(0, 10, 20, 90), "frank": at(60)},
        "crop_ids": ["a", "b"],
        "training": at(0, 90),
        "copy_threshold": 0.97,
    }
    return measure_panel(at(panel)[0], **(arguments | changes))  # type: ignore[arg-type]


def test_score_panel_when_scored_then_likeness_is_of_the_three_nearest() -> None:
    (buck,) = score(0).on_model
    expected = (1 + cosine(10) + cosine(20)) / 3
    assert buck.character == "buck"
    assert buck.similarity == pytest.approx(expected, abs=1e-6)


def test_score_panel_when_it_looks_like_another_then_told() -> None:
    scored = score(60)
    assert scored.nearest_character == "frank"
    assert scored.on_model[0].similarity == pytest.approx(
        (cosine(60 - 90) + cosine(40) + cosine(50)) / 3, abs=1e-6
    )


def test_score_panel_when_it_is_a_training_picture_then_flagged_as_copy() -> None:
    copied = score(13)  # cosine 0.974
    assert (copied.nearest_crop, copied.copy_of) == ("a", "a")
    free = score(15)  # cosine 0.966
    assert (free.nearest_crop, free.copy_of) == ("a", None)
    assert free.nearest_similarity == pytest.approx(cosine(15), abs=1e-6)


def test_score_panel_when_there_is_nothing_to_compare_then_unknown_not_zero() -> None:
    scored = score(
        0, characters=["rinky", "buck", "buck"], shown={"buck": at()}, crop_ids=[], training=at()
    )
    assert [(who.character, who.similarity) for who in scored.on_model] == [
        ("rinky", None),
        ("buck", None),
    ]
    assert scored == PanelScore(on_model=scored.on_model)


def test_score_panel_when_the_prompt_has_a_vector_then_alignment() -> None:
    assert score(0, prompt=at(60)[0]).alignment == pytest.approx(0.5, abs=1e-6)
    assert score(0).alignment is None
