"""Begin a retirement: mark the row, so that nothing is provisioned for it, then stop it."""

from __future__ import annotations

from onmodel.contracts.deployments import DeploymentRef, RetireRequest
from onmodel.contracts.rows import DeploymentBody, DeploymentStage
from onmodel.deployments.lifecycle import ask_to_stop, deployer_of, state_at_trainer
from onmodel.errors import Conflict
from onmodel.observability import logger
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Registry
from onmodel.ports.trainer import Trainers
from onmodel.registry.kinds import DEPLOYMENTS, DeploymentRow


def stop_deployment(
    request: RetireRequest, *, registry: Registry, trainers: Trainers, clock: Clock
) -> None:
    """Mark the row, then stop the deployment. If the service refuses, verify_retired tries again.

    A deployment without a row gets one first. A deployment that exists although its row says
    retired is retired again.
    """
    ref = request.deployment
    found = DEPLOYMENTS.read(registry, ref.production, ref.deployment_id)
    if found is None:
        trainer, standing = _find(trainers, ref)
        found = write_unknown(registry, ref, clock, standing, trainer)
    if found.status == DeploymentStage.RETIRED and state_at_trainer(trainers, found) is None:
        return
    found = begin_retirement(registry, ref, request.execution_arn or None, clock)
    state = state_at_trainer(trainers, found)
    if state is not None:
        ask_to_stop(deployer_of(trainers, found), state.deployment_ref)


def _find(trainers: Trainers, ref: DeploymentRef) -> tuple[str, str | None]:
    """The trainer that has a deployment without a row, and its own name of it."""
    deployers = {name: each.deployer for name, each in trainers.items() if each.deployer}
    for name, deployer in deployers.items():
        standing = deployer.find_deployment(ref.production, ref.deployment_id)
        if standing is not None:
            return name, standing
    return next(iter(deployers)), None


def begin_retirement(
    registry: Registry, ref: DeploymentRef, holder: str | None, clock: Clock
) -> DeploymentRow:
    """Mark the row: provision_model then makes no deployment for it, and stops one that it made."""

    def decide(current: DeploymentRow) -> DeploymentRow:
        again = current.status != DeploymentStage.RETIRING
        return (
            current.with_status(DeploymentStage.RETIRING)
            .with_holder(holder)
            .with_fields(
                retiring_since=clock() if again else current.body.retiring_since,
                reason=current.body.reason or ref.reason or None,
            )
        )

    return DEPLOYMENTS.change(registry, ref.production, ref.deployment_id, decide, clock)


def write_unknown(
    registry: Registry,
    ref: DeploymentRef,
    clock: Clock,
    deployment_ref: str | None,
    trainer: str,
) -> DeploymentRow:
    """Create the row of a deployment that has none; its end is due at once.

    Args:
        registry: gets the row.
        ref: the deployment.
        clock: now.
        deployment_ref: the trainer's own name of it; None when nothing exists there.
        trainer: the trainer.
    """
    now = clock()
    body = DeploymentBody(
        training_id=ref.deployment_id.rsplit("-", 1)[0],
        trainer=trainer,
        name=ref.deployment_id,
        correlation_id=ref.correlation_id,
        requested_at=now,
        retires_at=now,
        schedule_name=f"retire-{ref.deployment_id}",
        hours=1,  # begun hours are billed; when it was created is not known
        deployment_ref=deployment_ref,
        provisioning_at=None if deployment_ref is None else now,
        reason=ref.reason or "it had no row in the Registry",
    )
    try:
        return DEPLOYMENTS.create(
            registry,
            ref.production,
            ref.deployment_id,
            status=DeploymentStage.CREATING,
            body=body,
            now=now,
        )
    except Conflict:
        logger.info("another function has recorded %s already", ref.deployment_id)
        current = DEPLOYMENTS.read(registry, ref.production, ref.deployment_id)
        if current is None:
            raise
        return current
