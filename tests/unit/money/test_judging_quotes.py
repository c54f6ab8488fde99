from __future__ import annotations

import pytest

from onmodel.contracts.base import Usage
from onmodel.contracts.drawings import Arm
from onmodel.contracts.finders import FinderSettings
from onmodel.contracts.settings import Settings, StoryboardSettings
from onmodel.contracts.storyboards import Storyboard
from onmodel.money.judging_quotes import (
    judging_part,
    judging_usage,
    pictures_of,
    questions_usage,
)
from onmodel.money.pricebook import PriceBook, estimate

BOARD = Storyboard(scenes=("a", "b", "c"), images=2, takes=2, arms=("tuned", "base"))


def test_usage_when_a_storyboard_is_given_then_every_picture_with_its_most_figures() -> None:
    assert pictures_of(BOARD) == 3 * 2 * 2 * 2
    settings = Settings(finder=FinderSettings(kind=("labels", "faces"), max_figures=4))
    assert judging_usage(BOARD, settings) == (
        Usage(item="rekognition.detect-labels", paid=24),
        Usage(item="rekognition.detect-faces", paid=24),
        Usage(item="bedrock.amazon.titan-embed-image-v1", paid=24 * 5),
        Usage(
            item="bedrock.amazon.nova-pro-v1:0.input-1k", paid=74.25
        ),  # 1.1 x (3 x 900 + 24 x 2700)
        Usage(
            item="bedrock.amazon.nova-pro-v1:0.output-1k", paid=5.28
        ),  # 1.1 x (3 x 800 + 24 x 100)
    )


def test_usage_when_questions_are_switched_off_then_no_tokens() -> None:
    settings = Settings(storyboard=StoryboardSettings(questions=False))
    assert [use.item for use in judging_usage(BOARD, settings)] == [
        "rekognition.detect-labels",
        "bedrock.amazon.titan-embed-image-v1",
    ]


@pytest.mark.parametrize(
    ("scenes", "takes", "arms", "usd"),
    [
        (1, 1, ("tuned",), 0.0118),
        (12, 1, ("tuned", "references", "base"), 0.3379),
        (100, 5, ("tuned", "references", "base"), 12.64),  # 1,500 panels, the most
    ],
)
def test_price_when_a_storyboard_is_quoted_then_grows_with_its_pictures(
    scenes: int, takes: int, arms: tuple[Arm, ...], usd: float
) -> None:
    """Of the questions: one call for each scene, one for each picture; three pictures a panel."""
    board = Storyboard(scenes=("a",) * scenes, images=3, takes=takes, arms=arms)
    bill = estimate(questions_usage(board, Settings()), PriceBook.load())
    assert bill.total_usd is not None
    assert float(bill.total_usd) == pytest.approx(usd, rel=0.01)


def test_part_when_a_plan_of_before_has_no_usage_then_none() -> None:
    assert judging_part(()) == ()
    (part,) = judging_part((Usage(item="rekognition.detect-labels", paid=24),))
    assert (part.name, part.work.usage[0].paid) == ("judging", 24)
