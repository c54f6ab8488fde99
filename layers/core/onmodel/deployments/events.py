"""Events of mails about trainings and deployments: at most one mail is sent for each event."""

from __future__ import annotations

from onmodel.registry.kinds import DeploymentRow


def stuck_event(deployment_id: str, hours: int) -> str:
    """The alarm of one hour."""
    return f"retirement_stuck:{deployment_id}:{hours}"


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


def training_failed_event(training_id: str) -> str:
    """The training failed."""
    return f"training_failed:{training_id}"
