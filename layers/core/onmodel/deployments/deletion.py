"""While the stack is being deleted, nothing may be deployed."""

from __future__ import annotations

from onmodel.contracts.keys import MAIN_PRODUCTION
from onmodel.contracts.rows import StackBody, StackStatus
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Registry
from onmodel.registry.kinds import STACKS

DELETION = "deletion"
"""Id of the only row; it does not exist before a deletion of the stack begins."""


def forbid_deployments(forbidden: bool, registry: Registry, clock: Clock) -> None:
    """Forbid deployments: while the stack is being deleted its machines still exist."""
    if not forbidden and STACKS.read(registry, MAIN_PRODUCTION, DELETION) is None:
        return
    status = StackStatus.FORBIDDEN if forbidden else StackStatus.ALLOWED
    STACKS.put(registry, MAIN_PRODUCTION, DELETION, status=status, body=StackBody(), now=clock())


def are_forbidden(registry: Registry) -> bool:
    """Whether the stack is being deleted."""
    row = STACKS.read(registry, MAIN_PRODUCTION, DELETION)
    return row is not None and row.status == StackStatus.FORBIDDEN
