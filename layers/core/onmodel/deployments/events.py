"""What makes each mail about a training or a deployment one mail."""

from __future__ import annotations

from onmodel.registry.kinds import DeploymentRow


def stuck_event(deployment_id: str, hours: int) -> str:
    """What makes each hour's alarm one mail."""
    return f"retirement_stuck:{deployment_id}:{hours}"


def ready_event(deployment_id: str) -> str:
    """What makes the mail of a deployment that answers one mail."""
    return f"model_ready:{deployment_id}"


def retired_event(deployment: DeploymentRow) -> str:
    """One mail for each time that it was retired."""
    at = deployment.body.retired_at
    return f"retired:{deployment.id}:{at:%Y%m%dT%H%M%S}" if at else f"retired:{deployment.id}"


def failed_event(deployment_id: str) -> str:
    """What makes the mail of a deployment that came to nothing one mail."""
    return f"deployment_failed:{deployment_id}"


def training_failed_event(training_id: str) -> str:
    """What makes the mail of a training that came to nothing one mail."""
    return f"training_failed:{training_id}"
