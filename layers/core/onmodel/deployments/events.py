"""Events of mails about trainings and deployments: at most one mail is sent for each event."""

from __future__ import annotations

from datetime import datetime

from onmodel.deployments.ends import hours_overdue, retirement_due
from onmodel.registry.kinds import DeploymentRow


def stuck_event(deployment: DeploymentRow, now: datetime) -> str:
    """The alarm of the present hour of a retirement; a later retirement has its own alarms."""
    hours = hours_overdue(deployment, now)
    return f"retirement_stuck:{deployment.id}:{retirement_due(deployment):%Y%m%dT%H%M%S}:{hours}"


def ready_event(deployment_id: str) -> str:
    """The deployment is in service."""
    return f"model_ready:{deployment_id}"


def retired_event(deployment: DeploymentRow) -> str:
    """The deployment was retired; it may be retired more than once."""
    at = deployment.body.retired_at
    return f"retired:{deployment.id}:{at:%Y%m%dT%H%M%S}" if at else f"retired:{deployment.id}"


def failed_event(deployment_id: str) -> str:
    """The deployment failed."""
    return f"deployment_failed:{deployment_id}"


def trained_event(training_id: str) -> str:
    """A model is ready that is not deployed: jobs draw with it."""
    return f"model_trained:{training_id}"


def training_failed_event(training_id: str) -> str:
    """The training failed."""
    return f"training_failed:{training_id}"
