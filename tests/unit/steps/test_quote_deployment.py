import pytest
from fakes.deployment_in_memory import PRICES, TRAINING
from fakes.drawing_in_memory import DrawingInMemory
from fakes.trainer import Only

from onmodel.contracts.keys import accepted_settings_key
from onmodel.contracts.settings import DeploymentSettings, Settings
from onmodel.contracts.storyboards import QuoteDeploymentRequest, StoryboardPlanned
from onmodel.money.pricebook import PriceBook
from onmodel.steps.quote_deployment import quote_deployment

PLAN = StoryboardPlanned(
    deployed=False,
    production="bunny",
    name="forest",
    training_id=TRAINING,
    correlation_id="upload-1",
    panels=4,
)


def quote(wish: float, longest: float, prices: PriceBook = PRICES) -> float | None:
    studio = DrawingInMemory()
    settings = Settings(deployment=DeploymentSettings(hours=wish))
    studio.studio.put(
        accepted_settings_key("bunny"), settings.model_dump_json().encode(), "text/json"
    )
    answer = quote_deployment(
        QuoteDeploymentRequest(storyboard=PLAN),
        studio=studio.studio,
        rules=Only(studio.trainer),
        prices=prices,
        longest_hours=longest,
        provision_minutes=90,
    )
    assert answer.subject_id == "forest" and answer.quote.usd == answer.usd
    assert "billed by the hour" in answer.quote.why
    assert answer.quote.training_id == TRAINING
    assert answer.quote.hours == min(wish, longest)
    return answer.usd


@pytest.mark.parametrize(
    ("wish", "longest", "hours"), [(2, 2, 4), (2, 24, 4), (24, 2, 4), (1, 2, 3), (0.5, 2, 2)]
)
def test_quote_when_asked_then_begun_hours_to_its_scheduled_end_within_the_stacks_limit(
    wish: float, longest: float, hours: int
) -> None:
    assert quote(wish, longest) == hours * 60.5


def test_quote_when_price_is_missing_then_unknown_and_never_zero() -> None:
    assert quote(2, 2, PriceBook.load()) is None
