from datetime import timedelta

import pytest
from fakes.deployment_in_memory import TRAINING, DeploymentInMemory
from fakes.trainer import Only

from onmodel.contracts.rows import DeploymentStage
from onmodel.registry.kinds import DEPLOYMENTS
from onmodel.steps.bill_deployment import estimated_bill


@pytest.fixture
def studio() -> DeploymentInMemory:
    studio = DeploymentInMemory()
    studio.creating()
    return studio


def test_bill_when_gone_then_begun_hours_by_the_price(studio: DeploymentInMemory) -> None:
    studio.clock.advance(hours=2, minutes=10)
    studio.stop()
    studio.bill()
    deployment = studio.deployment()
    assert deployment.status == DeploymentStage.RETIRED
    assert deployment.body.estimated_usd == 3 * 60.5
    assert deployment.holder is None
    assert not studio.scheduler.schedules


@pytest.mark.parametrize(
    ("seconds", "unit_usd", "usd"),
    [(0, 60.5, 0), (1, 60.5, 60.5), (7200, 60.5, 121), (7201, 60.5, 181.5), (7201, 0.111, 0.33)],
)
def test_bill_when_hours_are_counted_then_begun_ones_are_whole_and_cents_are_rounded(
    studio: DeploymentInMemory, seconds: int, unit_usd: float, usd: float
) -> None:
    body = studio.deployment().body.model_copy(update={"unit_usd_hour": unit_usd})
    until = studio.clock() + timedelta(seconds=seconds)
    assert estimated_bill(body, until, Only(studio.trainer)) == usd


def test_bill_when_repeated_then_unchanged(studio: DeploymentInMemory) -> None:
    studio.stop()
    studio.bill()
    before = studio.deployment()
    studio.clock.advance(hours=9)
    studio.bill()
    assert studio.deployment() == before


def test_bill_when_nothing_was_made_then_nothing_cost() -> None:
    studio = DeploymentInMemory()
    studio.planned()
    studio.stop()
    studio.bill()
    assert studio.deployment().body.estimated_usd == 0


def test_bill_when_price_is_missing_then_unknown_and_never_zero(studio: DeploymentInMemory) -> None:
    unpriced = studio.deployment().with_fields(unit_usd_hour=None)
    DEPLOYMENTS.replace(studio.registry, unpriced, studio.clock())
    studio.stop()
    studio.bill()
    assert studio.deployment().body.estimated_usd is None
    studio.notify("retired", f"{TRAINING}-1")
    assert "unknown" in studio.mailbox.mails[0].subject


def test_notify_retired_when_it_may_still_exist_then_refused(studio: DeploymentInMemory) -> None:
    studio.stop()
    with pytest.raises(Exception, match="it may still exist"):
        studio.notify("retired", f"{TRAINING}-1")
