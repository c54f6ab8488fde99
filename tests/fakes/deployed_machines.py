"""The deployed machines over everything in memory, in time that a test owns.

statemachine/*.asl.yaml run in process over the real steps, a trainer whose deployments live by the
clock, a scheduler that fires, and reconcile every quarter of an hour.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from fakes.deployment_in_memory import (
    DEPLOY,
    DRAW,
    PRICES,
    PROVISION_MINUTES,
    RETIRE,
    SPEND_LIMIT_USD,
    DeploymentInMemory,
)
from fakes.machines import Execution, Machines
from fakes.mailbox import mails_of
from fakes.trainer import InMemoryTrainer, Only
from pydantic import BaseModel

from onmodel.contracts.deployments import (
    ClaimRequest,
    ClaimTrainingRequest,
    DeploymentRequest,
    DeploymentSpec,
    DeploymentState,
    DeploymentStatus,
    RetireRequest,
    ScheduleRetirementRequest,
)
from onmodel.contracts.notifications import NotifyRequest
from onmodel.contracts.operations import OurResource, ResourceKind
from onmodel.contracts.trainings import TrainingSpec
from onmodel.errors import Conflict, OnmodelError, ServiceUnavailable, TrainingImpossible
from onmodel.handler import parse
from onmodel.registry.kinds import MAILS, TRAININGS
from onmodel.steps.bill_deployment import bill_deployment
from onmodel.steps.check_deployment import check_deployment
from onmodel.steps.claim_training import ClaimTraining
from onmodel.steps.draw_loss_curve import draw_loss_curve
from onmodel.steps.notify import notify
from onmodel.steps.provision_model import provision_model
from onmodel.steps.schedule_retirement import schedule_retirement
from onmodel.steps.stop_deployment import stop_deployment
from onmodel.steps.verify_retired import verify_retired

MINUTE = 60
JOB_ENDS = 62 * MINUTE  # between two rounds of reconcile
READY_AFTER = timedelta(minutes=30)
LIMIT = timedelta(minutes=PROVISION_MINUTES, hours=2)
"""Of a deployment's life when nothing goes wrong: planned before it is asked for."""

ROUND = timedelta(minutes=15)
TOLERANCE = 2 * ROUND
"""Two rounds of reconcile: one may fall between an end and what is left by it."""

STORYBOARD = {
    "StartAt": "Draw",
    "States": {
        "Draw": {"Type": "Wait", "Seconds": 20 * MINUTE, "Next": "Drawn"},
        "Drawn": {"Type": "Succeed"},
    },
}
"""Stands for DrawStoryboard, which costs nothing by the hour."""


@dataclass
class Life:
    """From when to when a deployment cost money."""

    ref: str
    start: datetime
    end: datetime | None = None


class ScriptedTrainer(InMemoryTrainer):
    """Deployments that live by the clock, and whoever pays for them."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__(clock)
        self.now = clock
        self.ready_after: timedelta | None = READY_AFTER
        self.fails_after: timedelta | None = None
        self.deleted_after: timedelta | None = None
        self.refuses_stop_for = timedelta(0)
        self.loses_answers = 0
        self.down = False
        self.refuses_start = False
        self.lives: list[Life] = []

    def start(self, spec: TrainingSpec) -> str:
        if self.refuses_start:
            raise TrainingImpossible("the model may not be customized", "Ask AWS for it")
        return super().start(spec)

    def provision(self, spec: DeploymentSpec) -> str:
        before = set(self.deployments)
        ref = super().provision(spec)
        if ref not in before:
            self.lives.append(Life(ref, self.now()))
        if self.loses_answers:
            self.loses_answers -= 1
            raise ServiceUnavailable("the connection broke after the request arrived")
        return ref

    def _must_be_up(self) -> None:
        if self.down:
            raise ServiceUnavailable("nothing answers")

    def list_ours(self, *kinds: ResourceKind) -> tuple[OurResource, ...]:
        self._must_be_up()
        return super().list_ours(*kinds)

    def describe_deployment(self, deployment_ref: str) -> DeploymentState:
        self._must_be_up()
        state = super().describe_deployment(deployment_ref)
        if state.created_at is None:
            return state
        age = self.now() - state.created_at
        if self.deleted_after is not None and age >= self.deleted_after:
            self._end(deployment_ref)
            return super().describe_deployment(deployment_ref)
        if self.fails_after is not None and age >= self.fails_after:
            return state.model_copy(update={"status": DeploymentStatus.FAILED, "reason": "no room"})
        if self.ready_after is not None and age >= self.ready_after:
            return state.model_copy(update={"status": DeploymentStatus.IN_SERVICE})
        return state

    def stop_deployment(self, deployment_ref: str) -> None:
        self._must_be_up()
        state = super().describe_deployment(deployment_ref)
        if state.created_at and self.now() - state.created_at < self.refuses_stop_for:
            raise Conflict("it is still being created")
        self._end(deployment_ref)

    def _end(self, ref: str) -> None:
        if ref in self.deployments:
            self.deployments.pop(ref)
            next(life for life in self.lives if life.ref == ref and not life.end).end = self.now()

    def billed(self) -> timedelta:
        """Of all deployments, to their end or to now."""
        return sum(((life.end or self.now()) - life.start for life in self.lives), timedelta(0))


class DeployedMachines(DeploymentInMemory):
    """The machines that are deployed, over everything in memory."""

    def __init__(self, *, repeated: bool = False) -> None:
        super().__init__()
        self.trainer: ScriptedTrainer = ScriptedTrainer(self.clock)
        TRAININGS.delete(self.registry, self.training)
        self.job = self.begin_training()
        self.schedules_fire = True
        self.reconcile_failed = False
        self.dies: Callable[[Execution, str], str | None] = lambda *_: None
        self.machines = Machines(
            self.clock,
            {name: self._twice(call) if repeated else call for name, call in self.steps().items()},
            {
                "DrawStoryboardArn": DRAW,
                "RetireModelArn": RETIRE,
                "DeployModelArn": DEPLOY,
                "PollSeconds": str(5 * MINUTE),
                "ApprovalSeconds": str(7 * 24 * 3600),
            },
            dies=self._dies,
            definitions={"DrawStoryboard": STORYBOARD},
        )
        self.executions = self.machines
        self._every(5 * MINUTE, self._fire_schedules)
        self._every(ROUND.total_seconds(), self._reconcile)

    def _dies(self, execution: Execution, state: str) -> str | None:
        return self.dies(execution, state)  # a test sets it when the machines are made already

    def steps(self) -> dict[str, Callable[[dict[str, Any]], Any]]:
        base: dict[str, Any] = {"registry": self.registry, "clock": self.clock}
        trainers, schedules = {"trainers": Only(self.trainer)}, {"scheduler": self.scheduler}
        deploying = base | trainers | schedules
        limits = {"provision_minutes": PROVISION_MINUTES, "retire_model_arn": RETIRE}
        claim = lambda request: ClaimTraining(  # noqa: E731
            registry=self.registry,
            studio=self.studio,
            trainers=Only(self.trainer),
            executions=self.machines,
            prices=self.prices,
            clock=self.clock,
            longest_hours=2,
            provision_minutes=PROVISION_MINUTES,
            spend_limit_usd=SPEND_LIMIT_USD,
        ).claim(request)
        return {
            "claim_training": _function(ClaimTrainingRequest, claim),
            "draw_loss_curve": _function(
                ClaimRequest,
                draw_loss_curve,
                **base,
                trainers=Only(self.trainer),
                studio=self.studio,
                notices_of=lambda _: (),
            ),
            "schedule_retirement": _function(
                ScheduleRetirementRequest,
                schedule_retirement,
                **base,
                **schedules,
                **limits,
                rules=Only(self.trainer),
                prices=PRICES,
            ),
            "provision_model": _function(DeploymentRequest, provision_model, **deploying),
            "check_deployment": _function(
                DeploymentRequest, check_deployment, **deploying, **limits
            ),
            "stop_deployment": _function(
                RetireRequest, stop_deployment, **base, trainers=Only(self.trainer)
            ),
            "verify_retired": _function(
                RetireRequest, verify_retired, **base, trainers=Only(self.trainer)
            ),
            "bill_deployment": _function(
                RetireRequest,
                bill_deployment,
                **base,
                scheduler=self.scheduler,
                rules=Only(self.trainer),
            ),
            "notify": _function(
                NotifyRequest,
                notify,
                studio=self.studio,
                mails=replace(mails_of(self), links=None),
            ),
        }

    @staticmethod
    def _twice(call: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
        """Lambda may run an invocation twice; the second answer is the one that is seen."""

        def called(payload: dict[str, Any]) -> Any:
            with suppress(OnmodelError):
                call(payload)
            return call(payload)

        return called

    def event(self, job: str | None = None) -> None:
        """What the rule makes of Bedrock's event; EventBridge names the execution."""
        number = len(self.machines.executions)
        self.machines.start(DEPLOY, f"event-{number}", {"request": {"job_arn": job or self.job}})

    def notified_kinds(self) -> list[str]:
        """Kinds of mails, in order."""
        return [
            row.body.event.split(":")[0]
            for row in sorted(MAILS.list(self.registry, "bunny"), key=lambda row: row.created_at)
        ]

    def _every(self, seconds: float, action: Callable[[], None]) -> None:
        def again() -> None:
            action()
            self.machines.after(seconds, again)

        self.machines.after(seconds, again)

    def _fire_schedules(self) -> None:
        if not self.schedules_fire:
            self.scheduler.schedules.clear()
        for due in self.scheduler.due():
            name = f"schedule-{len(self.machines.executions)}"
            self.machines.start(due.target_arn, name, json.loads(due.payload))

    def _reconcile(self) -> None:
        try:
            self.reconcile()
        except OnmodelError:
            self.reconcile_failed = True  # the function's alarm; the next round tries again


def _function(
    model: type[BaseModel], step: Callable[..., Any], **services: Any
) -> Callable[[dict[str, Any]], Any]:
    """As functions/<step>/app.py does it: parse, call, answer JSON."""

    def called(payload: dict[str, Any]) -> Any:
        answer = step(parse(model, payload), **services)
        return answer.model_dump(mode="json") if isinstance(answer, BaseModel) else None

    return called
