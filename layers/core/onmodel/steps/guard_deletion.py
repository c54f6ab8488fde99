"""Before the stack is deleted: stop deployments, or refuse the deletion with the reason.

Running executions are stopped too: a machine with an execution that waits for a person would stay
`DELETING` for days, and no stack of the same name could be made in that time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from onmodel.contracts.base import Contract
from onmodel.contracts.deployments import DeploymentRef, DeploymentStatus, RetireRequest
from onmodel.contracts.operations import DeletionGuardEvent, ResourceKind
from onmodel.deployments.deletion import forbid_deployments
from onmodel.deployments.lifecycle import OVER, ask_to_stop
from onmodel.errors import OnmodelError
from onmodel.observability import logger
from onmodel.ports.machines import Clock, Executions, Scheduler
from onmodel.ports.registry import Registry
from onmodel.ports.trainer import Trainer
from onmodel.registry.kinds import DEPLOYMENTS
from onmodel.steps.bill_deployment import bill_deployment
from onmodel.steps.stop_deployment import stop_deployment
from onmodel.steps.verify_retired import verify_retired

PATIENCE = timedelta(minutes=12)
"""A function runs 15 minutes at most, and must answer CloudFormation within this time."""

POLL_SECONDS = 10

WHY = "the stack is deleted"

PHYSICAL_ID = "onmodel-deletion-guard"
"""Never change it: CloudFormation would replace the guard, and so call it for a deletion."""


class GuardAnswer(Contract):
    """The answer to CloudFormation, without the fields that repeat the request."""

    status: Literal["SUCCESS", "FAILED"]
    reason: str


@dataclass(frozen=True)
class GuardDeletion:
    """The services that the guard needs, and all machines. `sleep` takes seconds."""

    registry: Registry
    trainer: Trainer
    scheduler: Scheduler
    executions: Executions
    machine_arns: tuple[str, ...]
    clock: Clock
    sleep: Callable[[float], None]

    def answer(self, event: DeletionGuardEvent) -> GuardAnswer:
        """Allow a creation or an update at once, and a deletion when nothing bills by the hour."""
        try:
            if event.request_type != "Delete":
                forbid_deployments(False, self.registry, self.clock)
                return GuardAnswer(status="SUCCESS", reason="Deployments are allowed")
            forbid_deployments(True, self.registry, self.clock)
            answer = self._stop_all(event.correlation_id)
            if answer.status == "FAILED":  # the stack is not deleted, and must work
                forbid_deployments(False, self.registry, self.clock)
        except OnmodelError as fault:
            logger.warning("%s: %s", type(fault).__name__, fault)
            return GuardAnswer(
                status="FAILED",
                reason="It is not certain that nothing bills, or running executions could not be"
                f" stopped: {fault}",
            )
        return answer

    def _stop_all(self, correlation_id: str) -> GuardAnswer:
        """Stop the deployments of rows first, so that none is made anew; then all others."""
        until = self.clock() + PATIENCE
        begun = list(self._rows(correlation_id))
        for request in begun:
            stop_deployment(request, registry=self.registry, trainer=self.trainer, clock=self.clock)
        while standing := [*self._not_gone(begun), *self._standing()]:
            if self.clock() >= until:
                names = ", ".join(sorted(set(standing)))
                return GuardAnswer(
                    status="FAILED",
                    reason=f"Still billing by the hour, or perhaps so: {names}. Delete"
                    " them at the trainer's service, then delete the stack again",
                )
            self.sleep(POLL_SECONDS)
        for request in begun:
            bill_deployment(
                request,
                registry=self.registry,
                scheduler=self.scheduler,
                trainer=self.trainer,
                clock=self.clock,
            )
        ended = sum(self.executions.stop_all(machine, WHY) for machine in self.machine_arns)
        return GuardAnswer(
            status="SUCCESS",
            reason=f"Deployments ended: {len(begun)}; executions: {ended}. Nothing bills by the"
            " hour",
        )

    def _not_gone(self, begun: list[RetireRequest]) -> list[str]:
        """Ids of the deployments that exist, or may still be created; each is stopped again."""
        return [
            request.deployment.deployment_id
            for request in begun
            if not verify_retired(
                request, registry=self.registry, trainer=self.trainer, clock=self.clock
            ).gone
        ]

    def _rows(self, correlation_id: str) -> Iterator[RetireRequest]:
        for deployment in DEPLOYMENTS.list_all(self.registry):
            if deployment.status in OVER:
                continue
            yield RetireRequest(
                deployment=DeploymentRef(
                    production=deployment.production,
                    deployment_id=deployment.id,
                    correlation_id=correlation_id,
                    reason=WHY,
                ),
                execution_arn="",  # no execution works on it
            )

    def _standing(self) -> list[str]:
        """Everything that bills by the hour, with or without a row; each is stopped again."""
        refs = [
            thing.ref for thing in self.trainer.list_ours() if thing.kind == ResourceKind.DEPLOYMENT
        ]
        standing = [
            ref
            for ref in refs
            if self.trainer.describe_deployment(ref).status != DeploymentStatus.GONE
        ]
        for ref in standing:
            ask_to_stop(self.trainer, ref)
        return standing
