"""Make a trained model answer: the one step of the system that starts an hourly cost."""

from __future__ import annotations

from datetime import datetime

from onmodel.contracts.deployments import DeploymentRequest, DeploymentSpec
from onmodel.contracts.rows import DeploymentStage, Kind, TrainingBody, TrainingStage
from onmodel.deployments.deletion import are_forbidden
from onmodel.deployments.lifecycle import (
    Deployment,
    ask_to_stop,
    change_deployment,
    known_deployment,
)
from onmodel.errors import EventRefused, NotFound, TrainingImpossible
from onmodel.ports.machines import Clock, Scheduler
from onmodel.ports.registry import Registry
from onmodel.ports.trainer import Trainer


def provision_model(
    request: DeploymentRequest,
    *,
    registry: Registry,
    scheduler: Scheduler,
    trainer: Trainer,
    clock: Clock,
) -> None:
    """Ask the trainer for the deployment, after seeing with own eyes that its end is scheduled.

    The row says `creating` before the trainer is asked and is read again afterwards: when the
    retirement came in between, what was just made is stopped at once.

    Raises:
        EventRefused: its end is not scheduled, or has come.
        TrainingImpossible: no quota, or the model is gone.
    """
    ref = request.deployment
    if are_forbidden(registry):
        raise EventRefused("The stack is being deleted: nothing is made any more")
    deployment = known_deployment(registry, ref.production, ref.deployment_id)
    model_ref = _model(registry, deployment)
    if scheduler.get(deployment.body.schedule_name) is None:
        raise EventRefused(f"{deployment.id} has no scheduled end, so it must not begin")

    def begin(current: Deployment) -> Deployment | None:
        now = clock()
        _must_be_wanted(current, now)
        if current.stage != DeploymentStage.PLANNED:
            return None  # asked before: the trainer answers with the same deployment
        return current.at(DeploymentStage.CREATING, provisioning_at=now)

    begun = change_deployment(registry, ref.production, ref.deployment_id, begin, clock)
    spec = DeploymentSpec(production=begun.production, deployment_id=begun.id, model_ref=model_ref)
    try:
        made = trainer.provision(spec)
    except NotFound as fault:
        raise TrainingImpossible(
            f"The model of training {begun.body.training_id} is gone: somebody deleted it",
            "Train it again from its dataset",
        ) from fault

    def keep(current: Deployment) -> Deployment | None:
        _must_be_wanted(current, clock())
        if current.body.deployment_ref == made:
            return None
        return current.at(current.stage, deployment_ref=made)

    try:
        change_deployment(registry, ref.production, ref.deployment_id, keep, clock)
    except EventRefused:
        ask_to_stop(trainer, made)
        raise


def _must_be_wanted(deployment: Deployment, now: datetime) -> None:
    if not deployment.is_live:
        raise EventRefused(f"{deployment.id} is {deployment.stage}: nothing is made for it")
    if now >= deployment.body.retires_at:
        raise EventRefused(f"The time of {deployment.id} is up before it began")


def _model(registry: Registry, deployment: Deployment) -> str:
    record = registry.get(deployment.production, Kind.TRAINING, deployment.body.training_id)
    body = None if record is None else TrainingBody.model_validate(record.body)
    if record is None or body is None or body.model_ref is None:
        raise EventRefused(f"Training {deployment.body.training_id} has made no model")
    if record.status != TrainingStage.COMPLETED:
        raise EventRefused(f"Training {record.id} is {record.status}")
    return body.model_ref
