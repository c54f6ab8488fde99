from __future__ import annotations

import numpy as np
import pytest
from fakes.crops import numbered_crops

from onmodel.vision.track_groups import CLEAR_LEAD, Tracks


@pytest.mark.parametrize(
    ("following", "name"),
    [(0.69, 0), (0.71, None), (0.9 - CLEAR_LEAD + 0.001, None), (0.9 - CLEAR_LEAD - 0.001, 0)],
)
def test_assign_when_the_next_character_is_near_too_then_only_a_clear_lead_gives_the_name(
    following: float, name: int | None
) -> None:
    """The next character's similarity has a limit of 0.7."""
    best = 0.75 if following < 0.75 else 0.9
    scores = np.array([[best, following]])
    assert Tracks.of(numbered_crops(1)).assign(scores, 0.5, 0.03, 0.7) == [name]
