from __future__ import annotations

from onmodel.contracts.base import Usage
from onmodel.contracts.finders import FinderSettings
from onmodel.contracts.settings import Settings
from onmodel.contracts.storyboards import Storyboard
from onmodel.money.judging_quotes import judging_part, judging_usage, pictures_of

BOARD = Storyboard(scenes=("a", "b", "c"), images=2, takes=2, arms=("tuned", "base"))


def test_usage_when_a_storyboard_is_given_then_every_picture_with_its_most_figures() -> None:
    assert pictures_of(BOARD) == 3 * 2 * 2 * 2
    settings = Settings(finder=FinderSettings(kind=("labels", "faces"), max_figures=4))
    assert judging_usage(BOARD, settings) == (
        Usage(item="rekognition.detect-labels", paid=24),
        Usage(item="rekognition.detect-faces", paid=24),
        Usage(item="bedrock.amazon.titan-embed-image-v1", paid=24 * 5),
    )


def test_part_when_a_plan_of_before_has_no_usage_then_none() -> None:
    assert judging_part(()) == ()
    (part,) = judging_part((Usage(item="rekognition.detect-labels", paid=24),))
    assert (part.name, part.work.usage[0].paid) == ("judging", 24)
