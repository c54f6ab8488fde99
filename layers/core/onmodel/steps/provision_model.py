"""Deploy a trained model: the only step that starts a cost by the hour."""

from __future__ import annotations

from datetime import datetime

from onmodel.contracts.deployments import DeploymentRef, DeploymentRequest, DeploymentSpec
from onmodel.contracts.rows import DeploymentStage, TrainingStage
from onmodel.deployments.deletion import why_forbidden
from onmodel.deployments.lifecycle import ask_to_stop, deployer_of, is_live
from onmodel.errors import EventRefused, NotFound, TrainingImpossible
from onmodel.ports.machines import Clock, Scheduler
from onmodel.ports.registry import Registry
from onmodel.ports.trainer import Deployer, Trainers
from onmodel.registry.kinds import DEPLOYMENTS, TRAININGS, DeploymentRow


def provision_model(
    request: DeploymentRequest,
    *,
    registry: Registry,
    scheduler: Scheduler,
    trainers: Trainers,
    clock: Clock,
) -> None:
    """Ask the trainer for the deployment, after confirming that its end is scheduled.

    The row says `creating` before the trainer is asked and is read again afterwards: when the
    retirement began in between, the new deployment is stopped at once.

    Raises:
        EventRefused: its end is not scheduled, or has come; or stack or production are being
            deleted.
        TrainingImpossible: no quota, or the model does not exist any more.
    """
    ref = request.deployment
    why = why_forbidden(registry, ref.production, clock())
    if why:
        raise EventRefused(f"{why}: nothing is deployed any more")
    deployment = DEPLOYMENTS.require(registry, ref.production, ref.deployment_id)
    model_ref = _model(registry, deployment)
    if scheduler.get(deployment.body.schedule_name) is None:
        raise EventRefused(f"{deployment.id} has no scheduled end, so it must not begin")

    def begin(current: DeploymentRow) -> DeploymentRow | None:
        now = clock()
        _must_be_wanted(current, now)
        if current.status != DeploymentStage.PLANNED:
            return None  # asked before: the trainer answers with the same deployment
        return current.with_status(DeploymentStage.CREATING).with_fields(provisioning_at=now)

    deployer = deployer_of(trainers, deployment)
    begun = DEPLOYMENTS.change(registry, ref.production, ref.deployment_id, begin, clock)
    spec = DeploymentSpec(production=begun.production, deployment_id=begun.id, model_ref=model_ref)
    try:
        made = _provision(deployer, spec, begun.body.training_id)
    except TrainingImpossible as fault:
        if deployment.status == DeploymentStage.PLANNED:  # no earlier call can have made it
            _record_refusal(registry, ref, str(fault), clock)
        raise

    def keep(current: DeploymentRow) -> DeploymentRow | None:
        _must_be_wanted(current, clock())
        if current.body.deployment_ref == made:
            return None
        return current.with_fields(deployment_ref=made)

    try:
        DEPLOYMENTS.change(registry, ref.production, ref.deployment_id, keep, clock)
    except EventRefused:
        ask_to_stop(deployer, made)
        raise


def _provision(deployer: Deployer, spec: DeploymentSpec, training_id: str) -> str:
    try:
        return deployer.provision(spec)
    except NotFound as fault:
        raise TrainingImpossible(
            f"The model of training {training_id} was deleted outside onmodel",
            "Train it again from its dataset",
        ) from fault


def _record_refusal(registry: Registry, ref: DeploymentRef, reason: str, clock: Clock) -> None:
    """Nothing was made, so nothing of it is billed, and no price is shown for it."""
    DEPLOYMENTS.change(
        registry,
        ref.production,
        ref.deployment_id,
        lambda current: current.with_fields(provisioning_at=None, reason=reason),
        clock,
    )


def _must_be_wanted(deployment: DeploymentRow, now: datetime) -> None:
    if not is_live(deployment):
        raise EventRefused(f"{deployment.id} is {deployment.status}: it is not deployed")
    if now >= deployment.body.retires_at:
        raise EventRefused(f"The time of {deployment.id} was over before it began")


def _model(registry: Registry, deployment: DeploymentRow) -> str:
    training = TRAININGS.read(registry, deployment.production, deployment.body.training_id)
    if training is None or training.body.model_ref is None:
        raise EventRefused(f"Training {deployment.body.training_id} has made no model")
    if training.status != TrainingStage.COMPLETED:
        raise EventRefused(f"Training {training.id} is {training.status}")
    return training.body.model_ref
