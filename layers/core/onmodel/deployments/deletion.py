"""While the stack or the production is being deleted, nothing may be trained, drawn or deployed.

Whoever begins one of these writes its row first and asks then; whoever deletes writes that it does
first and looks at the rows then. So one of the two sees the other.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from onmodel.contracts.keys import MAIN_PRODUCTION
from onmodel.contracts.stack_rows import StackBody, StackStatus
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Registry
from onmodel.registry.kinds import STACKS
from onmodel.registry.tombstones import is_being_deleted

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


def why_forbidden(registry: Registry, production: str, now: datetime) -> str | None:
    """Why nothing of a production may begin that costs money; None when it may."""
    if are_forbidden(registry, now):
        return "The stack is being deleted"
    if is_being_deleted(production, registry):
        return f"Production {production} is being deleted"
    return None


def _put(status: StackStatus, registry: Registry, clock: Clock) -> None:
    STACKS.put(registry, MAIN_PRODUCTION, DELETION, status=status, body=StackBody(), now=clock())
