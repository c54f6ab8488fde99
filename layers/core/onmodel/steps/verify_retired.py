"""Confirm that a deployment no longer exists, and stop it again as long as it does."""

from __future__ import annotations

from datetime import timedelta

from onmodel.contracts.deployments import RetirementVerified, RetireRequest
from onmodel.contracts.rows import DeploymentStage
from onmodel.deployments.ends import hours_overdue
from onmodel.deployments.events import stuck_event
from onmodel.deployments.lifecycle import ask_to_stop, deployer_of, state_at_trainer
from onmodel.notifications.sending import was_sent
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Registry
from onmodel.ports.trainer import Trainers
from onmodel.registry.kinds import DEPLOYMENTS, DeploymentRow

LONGEST_PROVISION_CALL = timedelta(minutes=5)
"""The timeout of provision_model, whose call may still run after its answer was lost."""


def verify_retired(
    request: RetireRequest, *, registry: Registry, trainers: Trainers, clock: Clock
) -> RetirementVerified:
    """Check at the trainer; while the deployment exists, stop it again and raise StillRunning."""
    ref = request.deployment
    deployment = DEPLOYMENTS.require(registry, ref.production, ref.deployment_id)
    if deployment.status == DeploymentStage.RETIRED:
        return RetirementVerified(gone=True, alarm=False)
    state = state_at_trainer(trainers, deployment)
    if state is None and not _may_appear(deployment, clock):
        return RetirementVerified(gone=True, alarm=False)
    if state is not None:
        ask_to_stop(deployer_of(trainers, deployment), state.deployment_ref)
    now = clock()
    alarm = hours_overdue(deployment, now) > 0 and not was_sent(
        registry, production=ref.production, event=stuck_event(deployment, now)
    )
    return RetirementVerified(gone=False, alarm=alarm)


def _may_appear(deployment: DeploymentRow, clock: Clock) -> bool:
    began = deployment.body.provisioning_at
    return (
        deployment.body.deployment_ref is None
        and began is not None
        and clock() - began < LONGEST_PROVISION_CALL
    )
