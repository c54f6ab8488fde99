from __future__ import annotations

from datetime import timedelta

import pytest
from fakes.deployment_in_memory import DeploymentInMemory
from fakes.trainer import Only

from onmodel.contracts.deployments import DeploymentSpec
from onmodel.contracts.rows import DeploymentStage
from onmodel.registry.kinds import DEPLOYMENTS
from onmodel.steps.recovery import GRACE
from onmodel.steps.unknown_deployments import UnknownDeployment, UnknownDeployments


@pytest.fixture
def studio() -> DeploymentInMemory:
    return DeploymentInMemory()


def unknown(studio: DeploymentInMemory) -> UnknownDeployments:
    return UnknownDeployments(
        registry=studio.registry, trainers=Only(studio.trainer), clock=studio.clock
    )


def found(studio: DeploymentInMemory) -> tuple[UnknownDeployment, ...]:
    return unknown(studio).found(list(DEPLOYMENTS.list_all(studio.registry)))


def stray(studio: DeploymentInMemory) -> UnknownDeployment:
    """One that stands at the trainer and has no row."""
    studio.trainer.models.add("model/x")
    ref = studio.trainer.provision(
        DeploymentSpec(production="bunny", deployment_id="stray-1", model_ref="model/x")
    )
    return UnknownDeployment(ref, studio.trainer.name)


def test_found_when_it_has_no_row_then_after_the_grace(studio: DeploymentInMemory) -> None:
    thing = stray(studio)
    studio.clock.advance(seconds=GRACE.total_seconds() - 1)
    assert found(studio) == ()
    studio.clock.advance(seconds=1)
    assert found(studio) == (thing,)


@pytest.mark.parametrize("has_ref", [True, False])
def test_found_when_its_row_is_not_over_then_not_unknown(
    studio: DeploymentInMemory, has_ref: bool
) -> None:
    """Without a reference in the row, it is known by its id."""
    studio.creating()
    (row,) = DEPLOYMENTS.list_all(studio.registry)
    assert row.body.deployment_ref is not None
    if not has_ref:
        DEPLOYMENTS.replace(studio.registry, row.with_fields(deployment_ref=None), studio.clock())
    studio.clock.advance(hours=1)
    assert found(studio) == ()


def test_found_when_its_row_is_over_then_unknown_and_retired_by_that_row(
    studio: DeploymentInMemory,
) -> None:
    studio.creating()
    (row,) = DEPLOYMENTS.list_all(studio.registry)
    over = row.with_status(DeploymentStage.RETIRED)
    DEPLOYMENTS.replace(studio.registry, over, studio.clock())
    studio.clock.advance(hours=1)
    (thing,) = found(studio)
    assert thing.ref == row.body.deployment_ref
    again = unknown(studio).row_for(thing)
    assert again is not None
    assert again.id == row.id


def test_row_for_when_it_has_no_row_then_one_whose_end_is_due_at_once(
    studio: DeploymentInMemory,
) -> None:
    thing = stray(studio)
    row = unknown(studio).row_for(thing)
    assert row is not None
    assert (row.production, row.body.deployment_ref) == ("main", thing.ref)
    assert row.body.retires_at == studio.clock()
    assert row.body.reason == "it had no row in the Registry"
    same = unknown(studio).row_for(thing)  # another round of reconcile, meanwhile
    assert same is None
    assert len(list(DEPLOYMENTS.list_all(studio.registry))) == 1


def test_row_for_when_its_row_was_written_since_then_none(studio: DeploymentInMemory) -> None:
    studio.creating()
    (row,) = DEPLOYMENTS.list_all(studio.registry)
    thing = UnknownDeployment(row.body.deployment_ref or "", studio.trainer.name)
    assert studio.clock() - row.updated_at < timedelta(hours=1)
    assert unknown(studio).row_for(thing) is None
