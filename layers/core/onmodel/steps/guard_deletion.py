"""Before the stack is deleted: stop deployments and jobs, or refuse it with the reason.

Running executions are stopped too: a machine with an execution that waits for a person would stay
`DELETING` for days, and no stack of the same name could be made in that time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from onmodel.contracts.base import Contract
from onmodel.contracts.deployments import DeploymentRef, RetireRequest
from onmodel.contracts.human_loops import HumanLoopStatus
from onmodel.contracts.operations import DeletionGuardEvent
from onmodel.deployments.deletion import allow_deletion, allow_deployments, begin_deletion
from onmodel.deployments.forgotten_faces import delete_faces_with_the_stack
from onmodel.deployments.lifecycle import OVER
from onmodel.errors import AccessDenied, OnmodelError, ServiceError
from onmodel.films.detectors import stop_all
from onmodel.money.pricebook import PriceBook
from onmodel.observability import logger
from onmodel.ports.detectors import Detectors
from onmodel.ports.faces import FaceCollections
from onmodel.ports.human_loops import HumanLoops
from onmodel.ports.machines import Clock, Executions, Scheduler
from onmodel.ports.registry import Registry
from onmodel.ports.trainer import Trainers
from onmodel.registry.kinds import DEPLOYMENTS, HUMAN_LOOPS
from onmodel.steps.bill_deployment import bill_deployment
from onmodel.steps.ended_human_loops import stop_loops
from onmodel.steps.running_at_trainers import RunningAtTrainers
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
    trainers: Trainers
    scheduler: Scheduler
    executions: Executions
    prices: PriceBook
    faces: FaceCollections
    detectors: Detectors
    human_loops: HumanLoops
    stack: str
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
        until = self.clock() + PATIENCE
        begin_deletion(self.registry, self.clock)
        may_go = False
        try:
            self._begin_to_stop_detectors()
            answer = self._stop_all(correlation_id, until)
            for further in (self._without_detectors, self._without_human_loops):
                if answer.status == "SUCCESS":
                    answer = further(answer, until)
            may_go = answer.status == "SUCCESS"
            return self._without_faces(answer) if may_go else answer
        finally:
            if may_go:
                allow_deletion(self.registry, self.clock)
            else:
                allow_deployments(self.registry, self.clock)

    def _begin_to_stop_detectors(self) -> None:
        """They take minutes to stop.

        One that cannot be stopped now does not keep deployments running, and is asked again later.
        """
        try:
            stop_all(self.registry, self.detectors, self.clock)
        except ServiceError as fault:
            logger.warning("%s: %s", type(fault).__name__, fault)

    def _without_detectors(self, answer: GuardAnswer, until: datetime) -> GuardAnswer:
        """The stack stays while a Custom Labels model that onmodel started bills."""
        left = self._wait(lambda: stop_all(self.registry, self.detectors, self.clock), until)
        if not left:
            return answer
        return GuardAnswer(
            status="FAILED",
            reason=f"Custom Labels models that onmodel started still run: {left}. One that is still"
            " starting cannot be stopped for up to 20 minutes. Delete the stack again then, or stop"
            " it yourself with `aws rekognition stop-project-version`",
        )

    def _without_human_loops(self, answer: GuardAnswer, until: datetime) -> GuardAnswer:
        """They cost money when people answer them, and nobody would read the answers.

        After executions were stopped: one that starts loops would start more of them. Where A2I is
        denied to the account, the stack goes all the same.
        """
        rows = HUMAN_LOOPS.list_all(self.registry)
        left = {row.id for row in rows if row.status is HumanLoopStatus.STARTED}
        try:
            self._wait(lambda: stop_loops(left, self.human_loops, self.clock, until), until)
        except AccessDenied as fault:
            told = f"Human loops that may be open, because Amazon A2I is denied: {len(left)}"
            logger.warning("%s: %s", told, fault)
            return GuardAnswer(status="SUCCESS", reason=f"{answer.reason}. {told}")
        if not left:
            return answer
        return GuardAnswer(
            status="FAILED",
            reason=f"Human loops of Amazon A2I that could not be stopped in time: {len(left)}."
            " Delete the stack again",
        )

    def _without_faces(self, answer: GuardAnswer) -> GuardAnswer:
        """After executions were stopped: one that names crops would make its collection again."""
        deleted = delete_faces_with_the_stack(self.faces, self.stack)
        return GuardAnswer(
            status=answer.status,
            reason=f"{answer.reason}. {deleted}" if deleted else answer.reason,
        )

    def _stop_all(self, correlation_id: str, until: datetime) -> GuardAnswer:
        """Stop what runs at the trainers' services, deployments first, then all executions."""
        running = RunningAtTrainers(self.registry, self.trainers, self.prices, self.clock)
        denied = running.denied()
        seen = {name: each for name, each in self.trainers.items() if name not in denied}
        if still_open := running.open_at(denied):
            return GuardAnswer(
                status="FAILED",
                reason="Every list of the trainer's service is denied, and by the Registry these"
                f" may still bill: {still_open}. Allow the calls, then delete the stack again",
            )
        if not seen:
            return GuardAnswer(
                status="SUCCESS",
                reason="Every list of the trainer's service is denied, so nothing could be looked"
                " at there. By the Registry nothing is open. Executions ended:"
                f" {self._stop_executions()}",
            )
        begun = list(self._rows(correlation_id))
        for request in begun:
            stop_deployment(
                request, registry=self.registry, trainers=self.trainers, clock=self.clock
            )
        left = self._wait(lambda: [*self._not_gone(begun), *running.deployments(seen)], until)
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
                rules=self.trainers,
                clock=self.clock,
            )
        jobs: set[str] = set()
        left = self._wait(lambda: running.jobs(seen, jobs), until)
        if left:
            return GuardAnswer(
                status="FAILED",
                reason=f"These jobs still run, although asked to stop: {left}. Delete the"
                " stack again when they have stopped",
            )
        models = running.models_that_stay(seen)
        ended = self._stop_executions()
        return GuardAnswer(
            status="SUCCESS",
            reason=f"Deployments ended: {len(begun)}; jobs: {len(jobs)};"
            f" executions: {ended}. Nothing bills by the hour. {models}",
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

    def _not_gone(self, begun: list[RetireRequest]) -> list[str]:
        """Ids of the deployments that exist, or may still be created; each is stopped again."""
        return [
            request.deployment.deployment_id
            for request in begun
            if not verify_retired(
                request, registry=self.registry, trainers=self.trainers, clock=self.clock
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
