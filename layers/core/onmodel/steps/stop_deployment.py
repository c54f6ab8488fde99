"""Begin a retirement: mark the row, so that nothing is made for it any more, then stop it."""

from __future__ import annotations

from onmodel.contracts.deployments import DeploymentRef, RetireRequest
from onmodel.contracts.rows import DeploymentBody, DeploymentStage, Kind
from onmodel.deployments.lifecycle import (
    Deployment,
    ask_to_stop,
    change_deployment,
    read_deployment,
    state_at_trainer,
)
from onmodel.errors import Conflict
from onmodel.observability import logger
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Record, Registry
from onmodel.ports.trainer import Trainer


def stop_deployment(
    request: RetireRequest, *, registry: Registry, trainer: Trainer, clock: Clock
) -> None:
    """Mark, then stop. Gone is success; a refusal of the service is asked again by verifying.

    A deployment that the Registry does not know is written down first: it costs all the same. One
    that is retired and exists nevertheless is retired once more.
    """
    ref = request.deployment
    found = read_deployment(registry, ref.production, ref.deployment_id)
    if found is None:
        standing = trainer.find_deployment(ref.production, ref.deployment_id)
        found = write_unknown(registry, ref, clock, standing)
    if found.stage == DeploymentStage.RETIRED and state_at_trainer(trainer, found) is None:
        return
    found = begin_retirement(registry, ref, request.execution_arn or None, clock)
    state = state_at_trainer(trainer, found)
    if state is not None:
        ask_to_stop(trainer, state.deployment_ref)


def begin_retirement(
    registry: Registry, ref: DeploymentRef, holder: str | None, clock: Clock
) -> Deployment:
    """From here on provision_model makes nothing for this deployment, and undoes what it made."""

    def decide(current: Deployment) -> Deployment:
        again = current.stage != DeploymentStage.RETIRING
        return current.at(
            DeploymentStage.RETIRING,
            retiring_since=clock() if again else current.body.retiring_since,
            reason=current.body.reason or ref.reason or None,
        ).held_by(holder)

    return change_deployment(registry, ref.production, ref.deployment_id, decide, clock)


def write_unknown(
    registry: Registry, ref: DeploymentRef, clock: Clock, deployment_ref: str | None
) -> Deployment:
    """A row for something that nobody wrote down, due at once; None when nothing exists."""
    now = clock()
    body = DeploymentBody(
        training_id=ref.deployment_id.rsplit("-", 1)[0],
        name=ref.deployment_id,
        correlation_id=ref.correlation_id,
        requested_at=now,
        retires_at=now,
        schedule_name=f"retire-{ref.deployment_id}",
        hours=1,  # begun hours are billed; how long it ran before, nobody knows
        deployment_ref=deployment_ref,
        provisioning_at=None if deployment_ref is None else now,
        reason=ref.reason or "the Registry did not know it",
    )
    record = Record(
        production=ref.production,
        kind=Kind.DEPLOYMENT,
        id=ref.deployment_id,
        status=DeploymentStage.CREATING,
        created_at=now,
        updated_at=now,
        body=body.model_dump(mode="json"),
    )
    try:
        return Deployment(registry.create(record), body)
    except Conflict:
        logger.info("%s was written down meanwhile", ref.deployment_id)
        current = read_deployment(registry, ref.production, ref.deployment_id)
        if current is None:
            raise
        return current
