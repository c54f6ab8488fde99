"""The statuses of a deployment, and its state at the trainer.

A deployment's end is scheduled before it begins. Only a person may move the end to a later time.
Where the row and the trainer differ, the trainer's state counts.
"""

from __future__ import annotations

from onmodel.contracts.deployments import DeploymentState, DeploymentStatus
from onmodel.contracts.rows import DeploymentStage
from onmodel.errors import Conflict, EventRefused
from onmodel.observability import logger
from onmodel.ports.trainer import Deployer, Trainers
from onmodel.registry.kinds import DeploymentRow

LIVE = frozenset({DeploymentStage.PLANNED, DeploymentStage.CREATING, DeploymentStage.IN_SERVICE})
"""Statuses of a deployment that may cost money, and is not to end yet."""


OVER = frozenset({DeploymentStage.RETIRED, DeploymentStage.FAILED})
"""Statuses of a deployment that costs nothing any more, by its row."""


def is_live(deployment: DeploymentRow) -> bool:
    """Whether it may cost money and is not to end yet."""
    return deployment.status in LIVE


def number_of(deployment: DeploymentRow) -> int:
    """The n of <training_id>-<n>."""
    return int(deployment.id.rsplit("-", 1)[-1])


def deployer_of(trainers: Trainers, deployment: DeploymentRow) -> Deployer:
    """Raises EventRefused when its trainer deploys nothing: no such row is ever written."""
    deployer = trainers[deployment.body.trainer].deployer
    if deployer is None:
        trainer = deployment.body.trainer
        raise EventRefused(f"{deployment.id} is of {trainer}, which deploys nothing")
    return deployer


def state_at_trainer(trainers: Trainers, deployment: DeploymentRow) -> DeploymentState | None:
    """Its state at the trainer now; None when it does not exist there.

    After a lost answer of provision the row has no reference: the deployment is found by its id.
    """
    deployer = deployer_of(trainers, deployment)
    ref = deployment.body.deployment_ref or deployer.find_deployment(
        deployment.production, deployment.id
    )
    if ref is None:
        return None
    state = deployer.describe_deployment(ref)
    return None if state.status == DeploymentStatus.GONE else state


def ask_to_stop(deployer: Deployer, deployment_ref: str) -> bool:
    """False while the service refuses, because it is still being created: try again later."""
    try:
        deployer.stop_deployment(deployment_ref)
    except Conflict as fault:
        logger.warning("%s cannot be stopped yet: %s", deployment_ref, fault)
        return False
    return True
