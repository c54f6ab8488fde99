from datetime import timedelta
from decimal import Decimal

import pytest

from onmodel.contracts.settings import TrainingSettings
from onmodel.money.pricebook import PriceBook, estimate
from onmodel.trainers.bedrock.billing import (
    bedrock_training_work,
    billed_hours,
    deployment_work,
)
from onmodel.trainers.bedrock.hyperparameters import bedrock_values

BOOK = PriceBook.load()


@pytest.mark.parametrize(
    ("training", "usd"),
    [
        (TrainingSettings(), 20),
        (TrainingSettings(preset="article"), 4480),
        (TrainingSettings(steps=1000), 40),
    ],
)
def test_training_work_when_preset_is_chosen_then_pictures_seen_and_a_month(
    training: TrainingSettings, usd: int
) -> None:
    work = bedrock_training_work(bedrock_values(training))
    assert estimate(work.usage, BOOK).total_usd == usd + Decimal("1.95")


def test_training_work_when_default_then_its_assumptions_show_the_product() -> None:
    first, _ = bedrock_training_work(bedrock_values(TrainingSettings())).assumptions
    assert first.startswith("500 steps × batch 8 = 4,000 pictures seen")


@pytest.mark.parametrize(
    ("hours", "minutes", "most", "usual"),
    [
        (2, 90, "242", "181.50"),
        (0.5, 30, "60.50", "60.50"),
        (0.6, 90, "181.50", "121"),
        (1, 0, "60.50", "60.50"),
    ],
)
def test_deployment_work_when_so_long_then_begun_hours_to_its_scheduled_end(
    hours: float, minutes: float, most: str, usual: str
) -> None:
    work = deployment_work(hours, minutes)
    assert estimate(work.usage, BOOK).total_usd == Decimal(most)
    assert estimate(work.usual, BOOK).total_usd == Decimal(usual)


@pytest.mark.parametrize(("minutes", "hours"), [(0, 0), (1, 1), (60, 1), (61, 2)])
def test_billed_hours_when_begun_then_whole(minutes: int, hours: int) -> None:
    assert billed_hours(timedelta(minutes=minutes)) == hours
