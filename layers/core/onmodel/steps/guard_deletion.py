"""Before the stack is deleted: stop deployments and trainings, or refuse it with the reason.

Running executions are stopped too: a machine with an execution that waits for a person would stay
`DELETING` for days, and no stack of the same name could be made in that time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from onmodel.contracts.base import Contract
from onmodel.contracts.deployments import DeploymentRef, DeploymentStatus, RetireRequest
from onmodel.contracts.operations import DeletionGuardEvent, ResourceKind
from onmodel.contracts.rows import TrainingStage
from onmodel.deployments.deletion import allow_deletion, allow_deployments, begin_deletion
from onmodel.deployments.lifecycle import OVER, ask_to_stop
from onmodel.errors import AccessDenied, OnmodelError
from onmodel.money.pricebook import PriceBook
from onmodel.observability import logger
from onmodel.ports.machines import Clock, Executions, Scheduler
from onmodel.ports.registry import Registry
from onmodel.ports.trainer import Trainer
from onmodel.registry.kinds import DEPLOYMENTS, TRAININGS
from onmodel.steps.bill_deployment import bill_deployment
from onmodel.steps.stop_deployment import stop_deployment
from onmodel.steps.verify_retired import verify_retired

PATIENCE = timedelta(minutes=12)
"""A function runs 15 minutes at most, and must answer CloudFormation within this time."""

POLL_SECONDS = 10

LONGEST_START_CALL = timedelta(minutes=2)
"""The timeout of start_training: its call may still run, and no list has the training yet."""

RUNNING = frozenset({TrainingStage.STARTING, TrainingStage.IN_PROGRESS})
"""Statuses of a training that may cost money, by its row."""

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
    prices: PriceBook
    machine_arns: tuple[str, ...]
    clock: Clock
    sleep: Callable[[float], None]

    def answer(self, event: DeletionGuardEvent) -> GuardAnswer:
        """Allow a creation or an update at once, and a deletion when nothing bills any more."""
        try:
            if event.request_type == "Delete":
                return self._delete(event.correlation_id)
            allow_deployments(self.registry, self.clock)
        except OnmodelError as fault:
            logger.warning("%s: %s", type(fault).__name__, fault)
            return GuardAnswer(
                status="FAILED",
                reason="It is not certain that nothing bills, or running executions could not be"
                f" stopped: {fault}",
            )
        return GuardAnswer(status="SUCCESS", reason="Deployments are allowed")

    def _delete(self, correlation_id: str) -> GuardAnswer:
        """Deployments are forbidden meanwhile; the stack must work again when this fails."""
        begin_deletion(self.registry, self.clock)
        may_go = False
        try:
            answer = self._stop_all(correlation_id)
            may_go = answer.status == "SUCCESS"
            return answer
        finally:
            if may_go:
                allow_deletion(self.registry, self.clock)
            else:
                allow_deployments(self.registry, self.clock)

    def _stop_all(self, correlation_id: str) -> GuardAnswer:
        """Stop deployments first, because they cost most; then trainings, then executions."""
        if self._is_denied():
            return self._go_on_unseen()
        until = self.clock() + PATIENCE
        begun = list(self._rows(correlation_id))
        for request in begun:
            stop_deployment(request, registry=self.registry, trainer=self.trainer, clock=self.clock)
        left = self._wait(lambda: [*self._not_gone(begun), *self._standing()], until)
        if left:
            return GuardAnswer(
                status="FAILED",
                reason=f"Still billing by the hour, or perhaps so: {left}. Delete"
                " them at the trainer's service, then delete the stack again",
            )
        for request in begun:
            bill_deployment(
                request,
                registry=self.registry,
                scheduler=self.scheduler,
                trainer=self.trainer,
                clock=self.clock,
            )
        trainings: set[str] = set()
        left = self._wait(lambda: self._training(trainings), until)
        if left:
            return GuardAnswer(
                status="FAILED",
                reason=f"Still training, although asked to stop: {left}. Delete the stack again"
                " when they have stopped",
            )
        models = self._models_that_stay()
        ended = self._stop_executions()
        return GuardAnswer(
            status="SUCCESS",
            reason=f"Deployments ended: {len(begun)}; trainings: {len(trainings)}; executions:"
            f" {ended}. Nothing bills by the hour. {models}",
        )

    def _wait(self, look: Callable[[], list[str]], until: datetime) -> str:
        """What is still there at `until`, as one text; '' when nothing is left before."""
        while standing := look():
            if self.clock() >= until:
                return ", ".join(sorted(set(standing)))
            self.sleep(POLL_SECONDS)
        return ""

    def _stop_executions(self) -> int:
        return sum(self.executions.stop_all(machine, WHY) for machine in self.machine_arns)

    def _is_denied(self) -> bool:
        """Whether the trainer's service denies every list, as where an account may not use it."""
        for kind in ResourceKind:
            try:
                self.trainer.list_ours(kind)
            except AccessDenied as fault:
                logger.warning("%s cannot be listed: %s", kind, fault)
            else:
                return False
        return True

    def _go_on_unseen(self) -> GuardAnswer:
        """Decide by the rows alone."""
        still_open = [
            *(row.id for row in DEPLOYMENTS.list_all(self.registry) if row.status not in OVER),
            *(row.id for row in TRAININGS.list_all(self.registry) if row.status in RUNNING),
        ]
        if still_open:
            return GuardAnswer(
                status="FAILED",
                reason="Every list of the trainer's service is denied, and by the Registry these"
                f" may still bill: {', '.join(sorted(still_open))}. Allow the calls, then delete"
                " the stack again",
            )
        ended = self._stop_executions()
        return GuardAnswer(
            status="SUCCESS",
            reason="Every list of the trainer's service is denied, so nothing could be looked at"
            f" there. By the Registry nothing is open. Executions ended: {ended}",
        )

    def _training(self, stopped: set[str]) -> list[str]:
        """Names of trainings that run or may just be started; each is asked to stop again."""
        running = self.trainer.list_ours(ResourceKind.TRAINING)
        for training in running:
            self.trainer.stop_training(training.ref)
            stopped.add(training.ref)
        starting = [
            row.id
            for row in TRAININGS.list_all(self.registry)
            if row.status == TrainingStage.STARTING
            and self.clock() - row.updated_at < LONGEST_START_CALL
        ]
        return [*(training.name for training in running), *starting]

    def _models_that_stay(self) -> str:
        models = self.trainer.list_ours(ResourceKind.MODEL)
        if not models:
            return "No custom model stays"
        item = self.trainer.items.model_month
        price = self.prices.price(item) if item else None
        cost = ""
        if price is not None and price.usd is not None:
            cost = f", {price.usd * len(models):.2f} USD a month until they are deleted"
        names = ", ".join(sorted(model.name for model in models))
        return f"Custom models that stay: {len(models)}{cost}: {names}"

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
        refs = [thing.ref for thing in self.trainer.list_ours(ResourceKind.DEPLOYMENT)]
        standing = [
            ref
            for ref in refs
            if self.trainer.describe_deployment(ref).status != DeploymentStatus.GONE
        ]
        for ref in standing:
            ask_to_stop(self.trainer, ref)
        return standing
