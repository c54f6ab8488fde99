import re

import pytest

from onmodel.contracts.settings import Settings
from onmodel.contracts.storyboards import Storyboard
from onmodel.money.pricebook import PriceBook
from onmodel.ports.trainer import TrainerRules
from onmodel.storyboards.undrawn_arms import undrawn_arms
from onmodel.wiring import trainer_rules

RULES = trainer_rules()
BOOK = PriceBook.load()


def prices(said: str) -> list[float]:
    return [float(price) for price in re.findall(r"\$([0-9.]+[0-9])", said)]


def told(storyboard: Storyboard, trainer: TrainerRules) -> str:
    return undrawn_arms(storyboard, Settings(), trainer, BOOK, production="bunny", name="forest")


def board(*arms: str) -> Storyboard:
    return Storyboard.model_validate({"scenes": ["Buck waves"] * 12, "images": 3, "arms": arms})


def test_lacking_when_a_job_draws_then_the_way_and_the_price_of_these_arms_alone() -> None:
    said = told(board("tuned"), RULES["sagemaker"])
    assert "Not known: whether pictures of the characters alone would do as well and" in said
    assert "Write `arms: [tuned, references, base]` into forest.yaml" in said
    assert (
        "by `onmodel storyboard forest.yaml -p bunny`: drawing references and base costs usually $"
        in said
    )
    both = prices(said)
    assert both[0] < both[1], "usual and at most"
    one = told(board("tuned", "references"), RULES["sagemaker"])
    assert "`arms: [tuned, base]`" in one
    assert "drawing base costs usually $" in one
    assert prices(one) < both


def test_lacking_when_the_trainer_draws_with_its_model_alone_then_no_arm_is_advised() -> None:
    said = told(board("tuned"), RULES["bedrock"])
    assert said.endswith("The trainer bedrock draws with the trained model alone.")
    assert "arms:" not in said


@pytest.mark.parametrize("arms", [("tuned", "references", "base"), ("references",), ("base",)])
def test_lacking_when_all_were_drawn_or_no_model_draws_then_nothing_is_said(
    arms: tuple[str, ...],
) -> None:
    assert told(board(*arms), RULES["sagemaker"]) == ""
