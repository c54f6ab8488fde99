import pytest
from fakes.studio import TRAINING, Studio

from onmodel.contracts.rows import DeploymentStage


@pytest.fixture
def studio() -> Studio:
    studio = Studio()
    studio.creating()
    return studio


def test_bill_when_gone_then_begun_hours_by_the_price(studio: Studio) -> None:
    studio.clock.advance(hours=2, minutes=10)
    studio.stop()
    studio.bill()
    deployment = studio.deployment()
    assert deployment.stage == DeploymentStage.RETIRED
    assert deployment.body.estimated_usd == 3 * 60.5
    assert deployment.record.holder is None
    assert not studio.scheduler.schedules


def test_bill_when_repeated_then_unchanged(studio: Studio) -> None:
    studio.stop()
    studio.bill()
    before = studio.deployment()
    studio.clock.advance(hours=9)
    studio.bill()
    assert studio.deployment() == before


def test_bill_when_nothing_was_made_then_nothing_cost() -> None:
    studio = Studio()
    studio.planned()
    studio.stop()
    studio.bill()
    assert studio.deployment().body.estimated_usd == 0


def test_bill_when_price_is_missing_then_unknown_and_never_zero(studio: Studio) -> None:
    record = studio.deployment().record
    body = studio.deployment().body.model_copy(update={"unit_usd_hour": None})
    studio.registry.replace(record.model_copy(update={"body": body.model_dump(mode="json")}))
    studio.stop()
    studio.bill()
    assert studio.deployment().body.estimated_usd is None
    studio.notify("retired", f"{TRAINING}-1")
    assert "unknown" in studio.mailbox.mails[0].subject


def test_notify_retired_when_not_seen_to_be_gone_then_refused(studio: Studio) -> None:
    studio.stop()
    with pytest.raises(Exception, match="not seen to be gone"):
        studio.notify("retired", f"{TRAINING}-1")
