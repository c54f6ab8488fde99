import pytest
from fakes.deployment_in_memory import TRAINING, DeploymentInMemory
from fakes.trainer import InMemoryTrainer

from onmodel.errors import Conflict
from onmodel.registry.kinds import DEPLOYMENTS


class Stubborn(InMemoryTrainer):
    refusing = True

    def stop_deployment(self, deployment_ref: str) -> None:
        if self.refusing:
            raise Conflict("it is being created")
        super().stop_deployment(deployment_ref)


@pytest.fixture
def stuck() -> DeploymentInMemory:
    studio = DeploymentInMemory(Stubborn())
    studio.creating()
    studio.stop()
    return studio


def test_verify_when_gone_then_said() -> None:
    studio = DeploymentInMemory()
    studio.creating()
    studio.stop()
    assert studio.verify() == (True, False)


def test_verify_when_there_then_asked_to_stop_again(stuck: DeploymentInMemory) -> None:
    assert stuck.verify() == (False, False)
    stuck.trainer.refusing = False  # type: ignore[attr-defined]
    stuck.verify()
    assert stuck.verify() == (True, False)


def test_verify_when_stuck_then_one_alarm_an_hour(stuck: DeploymentInMemory) -> None:
    alarms = 0
    for _ in range(3 * 60):
        gone, alarm = stuck.verify()
        assert not gone
        if alarm:
            alarms += 1
            stuck.notify("retirement_stuck", f"{TRAINING}-1")
        stuck.clock.advance(minutes=1)
    assert alarms == 2  # after one hour and after two
    assert [mail.subject for mail in stuck.mailbox.mails] == [
        "ALARM: the model of bunny cannot be switched off, $60.50/hour"
    ] * 2


def test_verify_when_a_lost_call_may_still_make_it_then_waits() -> None:
    studio = DeploymentInMemory()
    studio.creating()
    lost = studio.deployment().with_fields(deployment_ref=None)
    DEPLOYMENTS.replace(studio.registry, lost, studio.clock())
    made, studio.trainer.deployments = studio.trainer.deployments, {}
    studio.stop()
    assert studio.verify() == (False, False)
    studio.trainer.deployments = made  # it appears late
    studio.verify()
    assert not studio.trainer.deployments
    studio.clock.advance(minutes=4, seconds=59)
    assert studio.verify() == (False, False)
    studio.clock.advance(seconds=1)
    assert studio.verify() == (True, False)
