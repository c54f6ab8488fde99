import json
from datetime import timedelta

import pytest
from fakes.deployment_in_memory import RETIRE, TRAINING, DeploymentInMemory

from onmodel.contracts.rows import DeploymentStage
from onmodel.errors import EventRefused, RunClaimed


@pytest.fixture
def studio() -> DeploymentInMemory:
    studio = DeploymentInMemory()
    studio.trainer.complete(studio.job)
    return studio


def test_schedule_when_planned_then_end_is_certain_before_anything_costs(
    studio: DeploymentInMemory,
) -> None:
    studio.schedule(studio.claim())
    deployment = studio.deployment()
    assert deployment.status == DeploymentStage.PLANNED
    assert deployment.body.retires_at == studio.clock() + timedelta(minutes=90, hours=2)
    assert deployment.body.unit_usd_hour == 60.5
    (schedule,) = studio.scheduler.schedules.values()
    assert (schedule.at, schedule.target_arn) == (deployment.body.retires_at, RETIRE)
    assert json.loads(schedule.payload)["deployment"] == {
        "production": "bunny",
        "deployment_id": f"{TRAINING}-1",
        "reason": "its time is up",
        "correlation_id": "upload-1",
    }
    assert not studio.trainer.deployments


def test_schedule_when_repeated_later_then_nothing_moves(studio: DeploymentInMemory) -> None:
    claimed = studio.claim()
    studio.schedule(claimed)
    end = studio.deployment().body.retires_at
    studio.clock.advance(hours=1)
    studio.schedule(claimed)
    assert studio.deployment().body.retires_at == end
    assert [schedule.at for schedule in studio.scheduler.schedules.values()] == [end]


def test_schedule_when_first_try_died_before_the_schedule_then_repeat_makes_it(
    studio: DeploymentInMemory,
) -> None:
    claimed = studio.claim()
    studio.schedule(claimed)
    studio.scheduler.schedules.clear()
    studio.schedule(claimed)
    assert len(studio.scheduler.schedules) == 1


def test_schedule_when_another_execution_has_it_then_refused(studio: DeploymentInMemory) -> None:
    claimed = studio.claim()
    studio.schedule(claimed)
    with pytest.raises(RunClaimed):
        studio.schedule(claimed, "a redriven one")


def test_schedule_when_retiring_already_then_refused(studio: DeploymentInMemory) -> None:
    claimed = studio.claim()
    studio.schedule(claimed)
    studio.stop()
    with pytest.raises((EventRefused, RunClaimed)):
        studio.schedule(claimed)
