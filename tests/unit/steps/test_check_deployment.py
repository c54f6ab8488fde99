from datetime import timedelta

import pytest
from fakes.deployment_in_memory import DeploymentInMemory

from onmodel.contracts.deployments import DeploymentStatus
from onmodel.contracts.rows import DeploymentStage
from onmodel.deployments.ends import extend_deployment
from onmodel.errors import EventRefused


@pytest.fixture
def studio() -> DeploymentInMemory:
    studio = DeploymentInMemory()
    studio.creating()
    return studio


def move(studio: DeploymentInMemory, status: DeploymentStatus) -> None:
    (ref,) = studio.trainer.deployments
    studio.trainer.move(ref, status)


def test_check_when_in_service_then_end_comes_nearer(studio: DeploymentInMemory) -> None:
    planned = studio.deployment().body.retires_at
    studio.clock.advance(minutes=30)
    move(studio, DeploymentStatus.IN_SERVICE)
    assert studio.check() == "in_service"
    body = studio.deployment().body
    assert body.in_service_at == studio.clock()
    assert body.retires_at == studio.clock() + timedelta(hours=2) < planned
    assert [schedule.at for schedule in studio.scheduler.schedules.values()] == [body.retires_at]


def test_check_when_repeated_in_service_then_end_stays(studio: DeploymentInMemory) -> None:
    move(studio, DeploymentStatus.IN_SERVICE)
    studio.check()
    end = studio.deployment().body.retires_at
    studio.clock.advance(minutes=50)
    assert studio.check() == "in_service"
    assert studio.deployment().body.retires_at == end


def test_check_when_schedule_was_deleted_by_hand_then_made_again(
    studio: DeploymentInMemory,
) -> None:
    studio.scheduler.schedules.clear()
    move(studio, DeploymentStatus.IN_SERVICE)
    studio.check()
    (schedule,) = studio.scheduler.schedules.values()
    assert schedule.at == studio.deployment().body.retires_at


@pytest.mark.parametrize("status", [DeploymentStatus.CREATING, DeploymentStatus.UPDATING])
def test_check_when_it_takes_too_long_then_late(
    studio: DeploymentInMemory, status: DeploymentStatus
) -> None:
    move(studio, status)
    studio.clock.advance(minutes=89)
    assert studio.check() == "creating"
    studio.clock.advance(minutes=1)
    assert studio.check() == "late"
    assert "90 minutes" in (studio.deployment().body.reason or "")


def test_check_when_failed_then_said_why(studio: DeploymentInMemory) -> None:
    move(studio, DeploymentStatus.FAILED)
    assert studio.check() == "failed"
    assert studio.deployment().body.reason == "The service gives no reason"


def test_check_when_deleted_by_somebody_then_gone(studio: DeploymentInMemory) -> None:
    studio.trainer.deployments.clear()
    studio.clock.advance(minutes=1, seconds=59)
    assert studio.check() == "creating"  # what was just made may not be listed yet
    studio.clock.advance(seconds=1)
    assert studio.check() == "gone"


def test_check_when_provisioned_long_after_the_request_then_its_age_counts_from_provisioning() -> (
    None
):
    studio = DeploymentInMemory()
    studio.planned()
    studio.clock.advance(minutes=10)
    studio.provision()
    studio.trainer.deployments.clear()
    assert studio.check() == "creating"


def test_check_when_retiring_then_gone(studio: DeploymentInMemory) -> None:
    studio.stop()
    assert studio.check() == "gone"


def test_check_when_clock_jumped_beyond_its_end_then_late(studio: DeploymentInMemory) -> None:
    move(studio, DeploymentStatus.IN_SERVICE)
    studio.clock.advance(hours=4)
    assert studio.check() == "late"
    assert studio.deployment().status == DeploymentStage.CREATING


def extend(studio: DeploymentInMemory, hours: float) -> None:
    extend_deployment(
        "bunny",
        studio.deployment().id,
        hours,
        registry=studio.registry,
        scheduler=studio.scheduler,
        clock=studio.clock,
        retire_model_arn="arn",
    )


@pytest.mark.parametrize("hours", [0.5, 24])
def test_extend_when_in_service_then_row_and_schedule_move(
    studio: DeploymentInMemory, hours: float
) -> None:
    move(studio, DeploymentStatus.IN_SERVICE)
    studio.check()
    extend(studio, hours)
    assert studio.deployment().body.retires_at == studio.clock() + timedelta(hours=hours)
    (schedule,) = studio.scheduler.schedules.values()
    assert schedule.at == studio.clock() + timedelta(hours=hours)


@pytest.mark.parametrize("hours", [0, -1, 25, float("inf"), float("nan")])
def test_extend_when_hours_are_absurd_then_refused(
    studio: DeploymentInMemory, hours: float
) -> None:
    move(studio, DeploymentStatus.IN_SERVICE)
    studio.check()
    end = studio.deployment().body.retires_at
    with pytest.raises(EventRefused):
        extend(studio, hours)
    assert studio.deployment().body.retires_at == end


def test_extend_when_not_in_service_then_refused(studio: DeploymentInMemory) -> None:
    with pytest.raises(EventRefused, match="creating"):
        extend(studio, 1)
