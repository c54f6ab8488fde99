"""Deployments as the Registry keeps them: read, changed by compare-and-swap, stopped, extended.

The rule that everything here serves: what costs money has a scheduled end before it begins, the
end only moves nearer unless a person moves it, and the truth is what the trainer says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from onmodel.contracts.requests_deployment import LONGEST_DEPLOYMENT_HOURS
from onmodel.contracts.training import DeploymentState, DeploymentStatus
from onmodel.errors import Conflict, EventRefused, NotFound
from onmodel.keys import MAIN_PRODUCTION
from onmodel.observability import logger
from onmodel.ports import Clock, Record, Registry
from onmodel.ports_training import Scheduler, Trainer
from onmodel.records import Kind
from onmodel.records_training import DeploymentBody, DeploymentStage

LIVE = frozenset({DeploymentStage.PLANNED, DeploymentStage.CREATING, DeploymentStage.IN_SERVICE})
"""May cost money and is meant to."""

OVER = frozenset({DeploymentStage.RETIRED, DeploymentStage.FAILED})
"""Costs nothing any more, as far as we know."""

ALARM_EVERY = timedelta(hours=1)
"""An hour costs 60 dollars: worth a mail each."""

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


def hours_overdue(deployment: Deployment, now: datetime) -> int:
    """Whole hours since the retirement began."""
    since = deployment.body.retiring_since or deployment.body.retires_at
    return max(0, int((now - since) / ALARM_EVERY))


def stuck_event(deployment_id: str, hours: int) -> str:
    """What makes each hour's alarm one mail."""
    return f"retirement_stuck:{deployment_id}:{hours}"


def ready_event(deployment_id: str) -> str:
    """What makes the mail of a deployment that answers one mail."""
    return f"model_ready:{deployment_id}"


def retired_event(deployment: Deployment) -> str:
    """One mail for each time that it was retired: what came back is told again."""
    at = deployment.body.retired_at
    return f"retired:{deployment.id}:{at:%Y%m%dT%H%M%S}" if at else f"retired:{deployment.id}"


def failed_event(deployment_id: str) -> str:
    """What makes the mail of a deployment that came to nothing one mail."""
    return f"deployment_failed:{deployment_id}"


def training_failed_event(training_id: str) -> str:
    """What makes the mail of a training that came to nothing one mail."""
    return f"training_failed:{training_id}"


def end_by(
    scheduler: Scheduler, deployment: Deployment, when: datetime, retire_model_arn: str
) -> None:
    """Have the deployment retired at a time; a schedule that somebody deleted is made again."""
    try:
        scheduler.move(deployment.body.schedule_name, when)
    except NotFound:
        schedule_end(scheduler, deployment, when, retire_model_arn)


def schedule_end(
    scheduler: Scheduler, deployment: Deployment, when: datetime, retire_model_arn: str
) -> None:
    """Raises what the scheduler raises: then nothing that costs may be started."""
    scheduler.at(
        deployment.body.schedule_name,
        when,
        retire_model_arn,
        retire_payload(deployment, "its time is up"),
    )


def retire_payload(deployment: Deployment, reason: str) -> dict[str, Any]:
    """RetireModel's input."""
    return {
        "deployment": {
            "production": deployment.production,
            "deployment_id": deployment.id,
            "reason": reason,
            "correlation_id": deployment.body.correlation_id,
        }
    }


DELETION = "deletion"


def forbid_deployments(forbidden: bool, registry: Registry, clock: Clock) -> None:
    """While the stack is being deleted its machines still stand, and must start nothing new."""
    current = registry.get(MAIN_PRODUCTION, Kind.STACK, DELETION)
    status = "forbidden" if forbidden else "allowed"
    if current is None and not forbidden:
        return
    now = clock()
    record = current or Record(
        production=MAIN_PRODUCTION,
        kind=Kind.STACK,
        id=DELETION,
        status=status,
        created_at=now,
        updated_at=now,
    )
    changed = record.model_copy(update={"status": status, "updated_at": now})
    if current is None:
        registry.create(changed)
    else:
        registry.replace(changed)


def are_forbidden(registry: Registry) -> bool:
    """Whether the stack is being deleted."""
    record = registry.get(MAIN_PRODUCTION, Kind.STACK, DELETION)
    return record is not None and record.status == "forbidden"


def extend_deployment(
    production: str,
    deployment_id: str,
    hours: float,
    *,
    registry: Registry,
    scheduler: Scheduler,
    clock: Clock,
    retire_model_arn: str,
) -> Deployment:
    """Move the end of a deployment that is in service: only a person asks for this.

    Args:
        production: whose.
        deployment_id: which.
        hours: from now; at most 24, to be asked for again.
        registry: the row moves first: should the process die in between, the old, earlier
            schedule still stands.
        scheduler: the schedule moves second.
        clock: now.
        retire_model_arn: RetireModel.

    Raises:
        EventRefused: it is not in service, or too many hours are asked for.
    """
    if not 0 < hours <= LONGEST_DEPLOYMENT_HOURS:
        raise EventRefused(
            f"A deployment cannot be extended by {hours:g} hours",
            f"Ask for at most {LONGEST_DEPLOYMENT_HOURS} hours, and again when they are over",
        )
    end = clock() + timedelta(hours=hours)

    def decide(current: Deployment) -> Deployment:
        if current.stage != DeploymentStage.IN_SERVICE:
            raise EventRefused(
                f"{deployment_id} is {current.stage}, not in service",
                "Deploy the model again with `onmodel deploy`",
            )
        return current.at(current.stage, retires_at=end)

    extended = change_deployment(registry, production, deployment_id, decide, clock)
    end_by(scheduler, extended, end, retire_model_arn)
    return extended
