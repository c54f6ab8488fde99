"""Which executions have notified the outcome of what they were asked for.

reconcile sends a mail for an execution that ended and has not.
"""

from __future__ import annotations

from onmodel.contracts.keys import digest
from onmodel.contracts.stack_rows import OutcomeBody, OutcomeStatus
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Registry
from onmodel.registry.kinds import OUTCOMES


def record_outcome(
    execution_arn: str,
    *,
    production: str,
    kind: str,
    registry: Registry,
    clock: Clock,
    reason: str = "",
) -> None:
    """Record that a notification of this kind was sent as the execution's outcome.

    `reason` is that of a failure: a command that waits for the execution shows it.

    Raises:
        Conflict: other functions wrote the row during every attempt.
    """
    OUTCOMES.put(
        registry,
        production,
        digest(execution_arn, 16),
        status=OutcomeStatus.NOTIFIED,
        body=OutcomeBody(execution_arn=execution_arn, kind=kind, reason=reason),
        now=clock(),
    )


def outcome_of(execution_arn: str, *, production: str, registry: Registry) -> str | None:
    """The kind of the notification that was sent as the execution's outcome; None without one."""
    row = OUTCOMES.read(registry, production, digest(execution_arn, 16))
    return row.body.kind if row else None
