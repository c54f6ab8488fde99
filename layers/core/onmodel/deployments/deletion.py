"""While the stack is being deleted, nothing may be trained or deployed."""

from __future__ import annotations

from datetime import datetime, timedelta

from onmodel.contracts.keys import MAIN_PRODUCTION
from onmodel.contracts.rows import StackBody, StackStatus
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Registry
from onmodel.registry.kinds import STACKS

DELETION = "deletion"
"""Id of the only row; it does not exist before a deletion of the stack begins."""

LONGEST_GUARD = timedelta(minutes=15)
"""How long a function runs at most: then the guard has allowed the deletion, failed or died."""


def begin_deletion(registry: Registry, clock: Clock) -> None:
    """Forbid deployments while the guard works; a guard that dies forbids them no longer."""
    _put(StackStatus.DELETING, registry, clock)


def allow_deletion(registry: Registry, clock: Clock) -> None:
    """Forbid deployments for good: the stack goes, while its machines still exist."""
    _put(StackStatus.FORBIDDEN, registry, clock)


def allow_deployments(registry: Registry, clock: Clock) -> None:
    """The stack is made, updated, or was not deleted."""
    if STACKS.read(registry, MAIN_PRODUCTION, DELETION) is not None:
        _put(StackStatus.ALLOWED, registry, clock)


def are_forbidden(registry: Registry, now: datetime) -> bool:
    """Whether the stack is being deleted."""
    row = STACKS.read(registry, MAIN_PRODUCTION, DELETION)
    if row is None:
        return False
    if row.status == StackStatus.DELETING:
        return now - row.updated_at < LONGEST_GUARD
    return row.status == StackStatus.FORBIDDEN


def _put(status: StackStatus, registry: Registry, clock: Clock) -> None:
    STACKS.put(registry, MAIN_PRODUCTION, DELETION, status=status, body=StackBody(), now=clock())
