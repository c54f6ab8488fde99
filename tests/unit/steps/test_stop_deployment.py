import pytest
from fakes.deployment_in_memory import TRAINING, DeploymentInMemory
from fakes.trainer import InMemoryTrainer

from onmodel.contracts.rows import DeploymentStage
from onmodel.errors import Conflict
from onmodel.registry.kinds import DEPLOYMENTS


class Stubborn(InMemoryTrainer):
    """Refuses to stop what is still being created, as the service may."""

    def stop_deployment(self, deployment_ref: str) -> None:
        raise Conflict("it is being created")


@pytest.fixture
def studio() -> DeploymentInMemory:
    studio = DeploymentInMemory()
    studio.creating()
    return studio


def test_stop_when_live_then_gone_and_marked(studio: DeploymentInMemory) -> None:
    studio.stop("somebody asked")
    assert not studio.trainer.deployments
    assert studio.deployment().status == DeploymentStage.RETIRING
    assert studio.deployment().holder == "retire-1"
    assert studio.deployment().body.reason == "somebody asked"


def test_stop_when_repeated_then_the_beginning_is_remembered(studio: DeploymentInMemory) -> None:
    studio.stop()
    began = studio.deployment().body.retiring_since
    studio.clock.advance(hours=1)
    studio.stop()
    assert studio.deployment().body.retiring_since == began


def test_stop_when_nothing_was_made_then_still_marked() -> None:
    studio = DeploymentInMemory()
    studio.planned()
    studio.stop()
    assert studio.deployment().status == DeploymentStage.RETIRING


def test_stop_when_service_refuses_then_left_to_verifying() -> None:
    studio = DeploymentInMemory(Stubborn())
    studio.creating()
    studio.stop()
    assert studio.deployment().status == DeploymentStage.RETIRING
    assert studio.trainer.deployments


def test_stop_when_retired_then_nothing_changes(studio: DeploymentInMemory) -> None:
    studio.stop()
    studio.bill()
    before = studio.deployment()
    studio.stop()
    assert studio.deployment() == before


def test_stop_when_retired_and_there_nevertheless_then_stopped_again(
    studio: DeploymentInMemory,
) -> None:
    made = dict(studio.trainer.deployments)
    studio.stop()
    studio.bill()
    studio.trainer.deployments = made
    studio.stop()
    assert not studio.trainer.deployments
    assert studio.deployment().status == DeploymentStage.RETIRING


@pytest.mark.parametrize(
    ("asked", "written"),
    [("somebody asked", "somebody asked"), ("", "it had no row in the Registry")],
)
def test_stop_when_registry_lost_its_row_then_stopped_all_the_same(
    studio: DeploymentInMemory, asked: str, written: str
) -> None:
    DEPLOYMENTS.delete(studio.registry, studio.deployment())
    studio.stop(asked)
    assert studio.deployment().body.reason == written
    assert not studio.trainer.deployments
    assert studio.deployment().body.training_id == TRAINING
    assert studio.verify() == (True, False)


def test_stop_when_never_planned_and_not_there_then_nothing_cost() -> None:
    studio = DeploymentInMemory()
    studio.stop()
    assert studio.verify() == (True, False)
    studio.bill()
    assert studio.deployment().body.estimated_usd == 0
