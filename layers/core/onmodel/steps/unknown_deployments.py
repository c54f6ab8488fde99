"""Deployments that bill and are ours by tag or name, without a row that is not over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from onmodel.contracts.deployments import DeploymentRef
from onmodel.contracts.keys import MAIN_PRODUCTION, digest
from onmodel.contracts.operations import ResourceKind
from onmodel.deployments.lifecycle import OVER, deployer_of
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Registry
from onmodel.ports.trainer import Trainers
from onmodel.registry.kinds import DEPLOYMENTS, DeploymentRow
from onmodel.steps.recovery import GRACE
from onmodel.steps.stop_deployment import write_unknown


@dataclass(frozen=True)
class UnknownDeployment:
    """What bills by the hour at a trainer.

    Attributes:
        ref: the deployment's reference.
        trainer: its name.
    """

    ref: str
    trainer: str


@dataclass(frozen=True)
class UnknownDeployments:
    """The services that finding them needs."""

    registry: Registry
    trainers: Trainers
    clock: Clock

    def found(self, deployments: list[DeploymentRow]) -> tuple[UnknownDeployment, ...]:
        """All of them; what is a few minutes old is left out: its row may not be listed yet.

        Args:
            deployments: all rows.

        Raises:
            ServiceError: a trainer did not answer.
        """
        standing = [
            UnknownDeployment(thing.ref, name)
            for name, trainer in self.trainers.items()
            if trainer.deployer is not None
            for thing in trainer.list_ours(ResourceKind.DEPLOYMENT)
            if self.clock() - thing.created_at >= GRACE
        ]
        known = set(self._known(deployments)) if standing else set()
        return tuple(thing for thing in standing if thing.ref not in known)

    def row_for(self, thing: UnknownDeployment) -> DeploymentRow | None:
        """The row to retire it by: the one that it had before, or a new one.

        None when its row was written since, so that it is handled by that.
        """
        row = self._row_of(thing)
        if row is not None:
            return row if row.status in OVER else None
        ref = DeploymentRef(
            production=MAIN_PRODUCTION,
            deployment_id=f"found-{digest(thing.ref)}-1",
            correlation_id=f"reconcile-{digest(thing.ref)}",
            reason="it had no row in the Registry",
        )
        return write_unknown(self.registry, ref, self.clock, thing.ref, thing.trainer)

    def _known(self, deployments: list[DeploymentRow]) -> Iterator[str]:
        """References of those with a row that is not over."""
        for deployment in deployments:
            if deployment.status in OVER:
                continue
            ref = self._ref_of(deployment)
            if ref is not None:
                yield ref

    def _ref_of(self, deployment: DeploymentRow) -> str | None:
        """While the row has no reference yet, it is looked for by its id."""
        return deployment.body.deployment_ref or deployer_of(
            self.trainers, deployment
        ).find_deployment(deployment.production, deployment.id)

    def _row_of(self, thing: UnknownDeployment) -> DeploymentRow | None:
        """Its row, which is over or was not listed yet."""
        for row in DEPLOYMENTS.list_all(self.registry):
            if self._ref_of(row) == thing.ref:
                return row
        return None
