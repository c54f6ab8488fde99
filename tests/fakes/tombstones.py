"""A deletion of a production that has begun."""

from __future__ import annotations

from datetime import datetime

from onmodel.contracts.stack_rows import TombstoneBody, TombstoneStatus
from onmodel.ports.registry import Registry
from onmodel.registry.kinds import TOMBSTONES, TombstoneRow


def begin_to_delete(registry: Registry, production: str, now: datetime) -> TombstoneRow:
    """As `onmodel delete-production` does before it deletes the first thing."""
    body = TombstoneBody(
        name=production, parts=(), cache_expires_at=now, last_generation=0, last_take=0
    )
    return TOMBSTONES.create(
        registry, production, "begun", status=TombstoneStatus.DELETING, body=body, now=now
    )
