"""Every quarter of an hour: compare what is with what should be, and set the difference right.

Events are lost, executions die, schedules fail, people delete things by hand. Nothing here acts
itself: it starts the machines that do, under names that refuse a second start while the first runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from onmodel.contracts.deployments import DeploymentRef
from onmodel.contracts.keys import MAIN_PRODUCTION, digest, execution_arn
from onmodel.contracts.operations import OurResource, Reconciled, ResourceKind
from onmodel.contracts.rows import DeploymentStage, Kind, TrainingBody, TrainingStage
from onmodel.deployments.deletion import are_forbidden
from onmodel.deployments.ends import retire_payload
from onmodel.deployments.events import (
    failed_event,
    ready_event,
    retired_event,
    training_failed_event,
)
from onmodel.deployments.lifecycle import LIVE, OVER, Deployment, state_at_trainer
from onmodel.errors import OnmodelError, ServiceError
from onmodel.notifications.sending import was_told
from onmodel.observability import logger
from onmodel.ports.machines import Clock, Executions
from onmodel.ports.registry import Record, Registry
from onmodel.ports.trainer import Trainer
from onmodel.steps.recovery import DIED, FRESH, GRACE, Leases, is_held
from onmodel.steps.stop_deployment import write_unknown

MOST_STARTS = 200
"""Names tried for one thing: an execution's name stays taken for 90 days."""


@dataclass
class Reconcile:
    """The services that reconciling needs."""

    registry: Registry
    trainer: Trainer
    executions: Executions
    clock: Clock
    leases: Leases
    deploy_model_arn: str
    retire_model_arn: str
    faults: list[OnmodelError] = field(default_factory=list)

    def run(self) -> Reconciled:
        """Money first. A part that fails does not keep the others from their work.

        Raises:
            ServiceError: something could not be looked at; all the rest was. The next round tries
                again, and the function's alarm counts it.
        """
        deployments = [Deployment.of(row) for row in self.registry.list_all(Kind.DEPLOYMENT)]
        found = Reconciled(
            retired=self._each(deployments, self._retire_if_due),
            adopted=self._adopt(deployments),
        )
        if not are_forbidden(self.registry):  # the guard stops what runs: nothing is begun anew
            found = found.model_copy(update=self._go_on())
        if self.faults:
            told = "; ".join(f"{type(fault).__name__}: {fault}" for fault in self.faults)
            raise ServiceError(f"{len(self.faults)} things could not be reconciled: {told}")
        return found

    def _go_on(self) -> dict[str, tuple[str, ...]]:
        """Begin what a lost event or a dead execution left undone. Fields of Reconciled."""
        runs = list(self.registry.list_all(Kind.RUN))
        generations = self.registry.list_all(Kind.GENERATION)
        return {
            "deployed": self._each(self.registry.list_all(Kind.TRAINING), self._deploy_if_missed),
            "released": self._each(runs, self.leases.release_run),
            "collected": self._each(runs, self.leases.collect_prepared),
            "resumed": self._each(generations, self.leases.resume_generation),
        }

    def _each(self, things: Any, work: Callable[[Any], bool]) -> tuple[str, ...]:  # noqa: ANN401
        """Ids of the things that something was done about."""
        done: list[str] = []
        for thing in things:
            try:
                if work(thing):
                    done.append(f"{thing.production}/{thing.id}")
            except OnmodelError as fault:
                logger.warning("%s/%s: %s", thing.production, thing.id, fault)
                self.faults.append(fault)
        return tuple(done)

    # ── deployments ──────────────────────────────────────────────────────────────────────────────

    def _retire_if_due(self, listed: Deployment) -> bool:
        """The list may be stale: the row is read again before anything is done about it."""
        ended = listed.body.retired_at
        if listed.stage in OVER and (ended is None or self.clock() - ended > FRESH):
            return False  # most of them: not read one by one
        record = self.registry.get(listed.production, Kind.DEPLOYMENT, listed.id)
        if record is None:
            return False
        deployment = Deployment.of(record)
        reason = self._why_retire(deployment)
        return reason is not None and self._retire(deployment, reason)

    def _why_retire(self, deployment: Deployment) -> str | None:
        if deployment.stage in OVER:
            return "its end was not told" if self._is_untold(deployment) else None
        if deployment.stage == DeploymentStage.RETIRING:
            return (
                None if is_held(deployment.record, self.executions) else "its retirement broke off"
            )
        if self.clock() >= deployment.body.retires_at:
            return "its time is up"
        if deployment.stage in LIVE and not is_held(deployment.record, self.executions):
            ready = ready_event(deployment.id)
            if not was_told(self.registry, production=deployment.production, event=ready):
                return DIED
            if state_at_trainer(self.trainer, deployment) is None:
                return "somebody deleted it"
        return None

    def _is_untold(self, deployment: Deployment) -> bool:
        """Its retirement died after all was done but the mail. Nobody is to wonder whether."""
        event = retired_event(deployment)
        late = self.clock() - deployment.record.updated_at >= GRACE
        return late and not was_told(self.registry, production=deployment.production, event=event)

    def _retire(self, deployment: Deployment, reason: str) -> bool:
        stem = f"{deployment.production[:30]}-{deployment.id}"
        return self._start(self.retire_model_arn, stem, retire_payload(deployment, reason))

    def _adopt(self, deployments: list[Deployment]) -> tuple[str, ...]:
        """What bills by the hour, is ours by tag or name, and no live row knows.

        What is a few minutes old is left to the next round: its row may not be listed yet.
        """
        try:
            standing = [
                thing
                for thing in self.trainer.list_ours()
                if thing.kind == ResourceKind.DEPLOYMENT
                and self.clock() - thing.created_at >= GRACE
            ]
            known = dict(self._known(deployments)) if standing else {}
        except OnmodelError as fault:
            self.faults.append(fault)
            return ()
        return tuple(
            thing.ref for thing in standing if thing.ref not in known and self._take(thing)
        )

    def _known(self, deployments: list[Deployment]) -> Iterator[tuple[str, Deployment]]:
        """By reference; one that was asked for and has none yet is found by its id."""
        for deployment in deployments:
            if deployment.stage in OVER:
                continue
            ref = deployment.body.deployment_ref or self.trainer.find_deployment(
                deployment.production, deployment.id
            )
            if ref is not None:
                yield ref, deployment

    def _take(self, thing: OurResource) -> bool:
        """Write it down and retire it: as the row that once had it, or as a new one."""
        try:
            row = self._row_of(thing)
            if row is not None and row.stage not in OVER:
                return False  # listed since: a matter of its own row
            row = row or write_unknown(
                self.registry,
                DeploymentRef(
                    production=MAIN_PRODUCTION,
                    deployment_id=f"found-{digest(thing.ref)}-1",
                    correlation_id=f"reconcile-{digest(thing.ref)}",
                    reason="the Registry did not know it",
                ),
                self.clock,
                thing.ref,
            )
            self._retire(row, "it was billing and should not have been")
        except OnmodelError as fault:
            logger.warning("%s: %s", thing.ref, fault)
            self.faults.append(fault)
            return False
        return True

    def _row_of(self, thing: OurResource) -> Deployment | None:
        """A row that is over, or that the list did not show yet."""
        for record in self.registry.list_all(Kind.DEPLOYMENT):
            row = Deployment.of(record)
            ref = row.body.deployment_ref or self.trainer.find_deployment(row.production, row.id)
            if ref == thing.ref:
                return row
        return None

    # ── trainings ────────────────────────────────────────────────────────────────────────────────

    def _deploy_if_missed(self, listed: Record) -> bool:
        record = self.registry.get(listed.production, Kind.TRAINING, listed.id)
        if record is None or is_held(record, self.executions) or not self._was_missed(record):
            return False
        body = TrainingBody.model_validate(record.body)
        ref = body.job_ref or self.trainer.find(record.production, record.id)
        if ref is None or not self.trainer.describe(ref).status.is_over:
            return False
        stem = f"reconcile-{record.production[:30]}-{record.id}"
        request = {"job_arn": ref, "correlation_id": body.correlation_id}
        return self._start(self.deploy_model_arn, stem, {"request": request})

    def _was_missed(self, record: Record) -> bool:
        """Whether nobody acted on the training's end, or whoever did died over it."""
        if self.clock() - record.updated_at < GRACE:
            return False
        match record.status:
            case TrainingStage.STARTING | TrainingStage.IN_PROGRESS:
                return True
            case TrainingStage.COMPLETED:
                fresh = self.clock() - record.updated_at < FRESH
                return fresh and not self._was_deployed(record)
            case TrainingStage.FAILED | TrainingStage.STOPPED | TrainingStage.GONE:
                event = training_failed_event(record.id)
                return not was_told(self.registry, production=record.production, event=event)
        return False

    def _was_deployed(self, record: Record) -> bool:
        """By its rows, and by what was told should somebody have deleted them."""
        rows = self.registry.list(record.production, Kind.DEPLOYMENT)
        if any(row.body.get("training_id") == record.id for row in rows):
            return True
        first = f"{record.id}-1"
        events = (ready_event(first), failed_event(first))
        return any(
            was_told(self.registry, production=record.production, event=event) for event in events
        )

    def _start(self, machine_arn: str, stem: str, payload: dict[str, Any]) -> bool:
        """Under the first name that is free; False when one of ours runs already."""
        for number in range(1, MOST_STARTS + 1):
            name = f"{stem}-{number}"
            if self.executions.start(machine_arn, name, payload):
                return True
            if self.executions.is_running(execution_arn(machine_arn, name)):
                return False
        raise ServiceError(f"{stem} was started {MOST_STARTS} times and does not end well")
