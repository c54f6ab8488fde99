"""While the stack is being deleted, nothing may be deployed."""

from __future__ import annotations

from onmodel.contracts.keys import MAIN_PRODUCTION
from onmodel.contracts.rows import Kind
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Record, Registry

DELETION = "deletion"


def forbid_deployments(forbidden: bool, registry: Registry, clock: Clock) -> None:
    """While the stack is being deleted its machines still stand, and must start nothing new."""
    current = registry.get(MAIN_PRODUCTION, Kind.STACK, DELETION)
    status = "forbidden" if forbidden else "allowed"
    if current is None and not forbidden:
        return
    now = clock()
    record = current or Record(
        production=MAIN_PRODUCTION,
        kind=Kind.STACK,
        id=DELETION,
        status=status,
        created_at=now,
        updated_at=now,
    )
    changed = record.model_copy(update={"status": status, "updated_at": now})
    if current is None:
        registry.create(changed)
    else:
        registry.replace(changed)


def are_forbidden(registry: Registry) -> bool:
    """Whether the stack is being deleted."""
    record = registry.get(MAIN_PRODUCTION, Kind.STACK, DELETION)
    return record is not None and record.status == "forbidden"
