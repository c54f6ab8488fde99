"""What a deployment's status means, and what the trainer says about it.

What costs money has a scheduled end before it begins, the end only moves nearer unless a person
moves it, and what the trainer says counts more than the row.
"""

from __future__ import annotations

from onmodel.contracts.deployments import DeploymentState, DeploymentStatus
from onmodel.contracts.rows import DeploymentStage
from onmodel.errors import Conflict
from onmodel.observability import logger
from onmodel.ports.trainer import Trainer
from onmodel.registry.kinds import DeploymentRow

LIVE = frozenset({DeploymentStage.PLANNED, DeploymentStage.CREATING, DeploymentStage.IN_SERVICE})
"""May cost money and is meant to."""


OVER = frozenset({DeploymentStage.RETIRED, DeploymentStage.FAILED})
"""Costs nothing any more, as far as we know."""


def is_live(deployment: DeploymentRow) -> bool:
    """Whether it may cost money and is meant to."""
    return deployment.status in LIVE


def number_of(deployment: DeploymentRow) -> int:
    """The n of <training_id>-<n>."""
    return int(deployment.id.rsplit("-", 1)[-1])


def state_at_trainer(trainer: Trainer, deployment: DeploymentRow) -> DeploymentState | None:
    """What the trainer says now; None when it is gone, or never was there.

    A call to provision whose answer was lost leaves no reference: then it is found by its id.
    """
    ref = deployment.body.deployment_ref or trainer.find_deployment(
        deployment.production, deployment.id
    )
    if ref is None:
        return None
    state = trainer.describe_deployment(ref)
    return None if state.status == DeploymentStatus.GONE else state


def ask_to_stop(trainer: Trainer, deployment_ref: str) -> bool:
    """False while the service refuses (it is still creating): whoever waits asks again."""
    try:
        trainer.stop_deployment(deployment_ref)
    except Conflict as fault:
        logger.warning("%s cannot be stopped yet: %s", deployment_ref, fault)
        return False
    return True
