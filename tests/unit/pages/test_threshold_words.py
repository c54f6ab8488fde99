from __future__ import annotations

from onmodel.contracts.namers import NameThreshold
from onmodel.pages.threshold_words import threshold_in_words

NEEDED = NameThreshold(similarity=0.4712, margin=0.03, measured=True, tried=60, misnamed=3)


def test_words_when_the_threshold_was_measured_then_with_its_expected_error() -> None:
    least, error = threshold_in_words(NEEDED)
    assert "similarity of 0.47" in least and "at least 0.03 behind" in least
    assert "The 0.47 was measured" in least
    assert "3 of 60 tracks (5 %) got another character's name. So give references" in error
    _, none = threshold_in_words(NEEDED.model_copy(update={"misnamed": 0}))
    assert none.endswith("0 of 60 tracks (0 %) got another character's name.")


def test_words_when_the_threshold_is_fixed_then_said() -> None:
    least, _ = threshold_in_words(NEEDED.model_copy(update={"measured": False}))
    assert "The 0.47 is set in settings.yaml." in least


def test_words_when_no_track_was_tried_then_the_error_is_not_known() -> None:
    none = NEEDED.model_copy(update={"tried": 0, "misnamed": 0})
    assert "is not known either" in threshold_in_words(none)[1]
