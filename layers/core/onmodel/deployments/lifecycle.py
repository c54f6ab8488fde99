"""Deployments as the Registry keeps them: read, changed by compare-and-swap, stopped, extended.

The rule that everything here serves: what costs money has a scheduled end before it begins, the
end only moves nearer unless a person moves it, and the truth is what the trainer says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from onmodel.contracts.deployments import (
    DeploymentState,
    DeploymentStatus,
)
from onmodel.contracts.rows import DeploymentBody, DeploymentStage, Kind
from onmodel.errors import Conflict, EventRefused
from onmodel.observability import logger
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Record, Registry
from onmodel.ports.trainer import Trainer

LIVE = frozenset({DeploymentStage.PLANNED, DeploymentStage.CREATING, DeploymentStage.IN_SERVICE})
"""May cost money and is meant to."""


OVER = frozenset({DeploymentStage.RETIRED, DeploymentStage.FAILED})
"""Costs nothing any more, as far as we know."""


CHANGE_ATTEMPTS = 6  # a handful of functions at most write one row at a time


@dataclass(frozen=True)
class Deployment:
    """A row with its body read."""

    record: Record
    body: DeploymentBody

    @classmethod
    def of(cls, record: Record) -> Deployment:
        return cls(record, DeploymentBody.model_validate(record.body))

    @property
    def production(self) -> str:
        return self.record.production

    @property
    def id(self) -> str:
        return self.record.id

    @property
    def stage(self) -> DeploymentStage:
        return DeploymentStage(self.record.status)

    @property
    def is_live(self) -> bool:
        return self.stage in LIVE

    @property
    def number(self) -> int:
        """The n of <training_id>-<n>."""
        return int(self.id.rsplit("-", 1)[-1])

    def at(self, stage: DeploymentStage, **changes: Any) -> Deployment:  # noqa: ANN401
        """This deployment in another stage, its body changed."""
        return Deployment(
            self.record.model_copy(update={"status": stage}),
            self.body.model_copy(update=changes),
        )

    def held_by(self, execution_arn: str | None) -> Deployment:
        return replace(self, record=self.record.model_copy(update={"holder": execution_arn}))


def read_deployment(registry: Registry, production: str, deployment_id: str) -> Deployment | None:
    record = registry.get(production, Kind.DEPLOYMENT, deployment_id)
    return None if record is None else Deployment.of(record)


def known_deployment(registry: Registry, production: str, deployment_id: str) -> Deployment:
    """Raises EventRefused when the Registry has no such deployment."""
    found = read_deployment(registry, production, deployment_id)
    if found is None:
        raise EventRefused(
            f"No deployment {deployment_id} in production {production}",
            "See `onmodel status` for those that are known",
        )
    return found


def deployments_of(registry: Registry, production: str) -> Iterator[Deployment]:
    """Of a production, in no particular order."""
    return map(Deployment.of, registry.list(production, Kind.DEPLOYMENT))


def change_deployment(
    registry: Registry,
    production: str,
    deployment_id: str,
    decide: Callable[[Deployment], Deployment | None],
    clock: Clock,
) -> Deployment:
    """Read, decide, write; again from the start when somebody else wrote meanwhile.

    Args:
        registry: where the row is.
        production: whose.
        deployment_id: which.
        decide: the row as it is to be, or None to leave it; called again after each Conflict.
        clock: now.

    Raises:
        EventRefused: no such row.
        Conflict: the row would not stand still.
    """
    for attempt in range(CHANGE_ATTEMPTS):
        current = known_deployment(registry, production, deployment_id)
        wanted = decide(current)
        if wanted is None:
            return current
        record = wanted.record.model_copy(
            update={"updated_at": clock(), "body": wanted.body.model_dump(mode="json")}
        )
        try:
            return replace(wanted, record=registry.replace(record))
        except Conflict:
            logger.info("%s moved on, attempt %d", deployment_id, attempt + 1)
    raise Conflict(f"{deployment_id} is written by others all the time")


def state_at_trainer(trainer: Trainer, deployment: Deployment) -> DeploymentState | None:
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
