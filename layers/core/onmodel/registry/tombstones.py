"""What a tombstone says: that a production is being deleted, and which numbers it used.

One begun anew under its name counts on from them: services keep the names of jobs and executions.
A training of the same films under the same number would find the job of before, whose model is
deleted.
"""

from __future__ import annotations

from datetime import datetime

from onmodel.contracts.stack_rows import TombstoneStatus
from onmodel.ports.registry import Registry
from onmodel.registry.kinds import TOMBSTONES


def is_being_deleted(production: str, registry: Registry) -> bool:
    """Whether its deletion began and has not ended."""
    rows = TOMBSTONES.list(registry, production)
    return any(row.status == TombstoneStatus.DELETING for row in rows)


def was_deleted_since(production: str, at: datetime, registry: Registry) -> bool:
    """Whether it is being deleted, or a deletion of it ended after this time."""
    return any(
        row.status == TombstoneStatus.DELETING
        or (row.body.deleted_at is not None and row.body.deleted_at >= at)
        for row in TOMBSTONES.list(registry, production)
    )


def last_generation(production: str, registry: Registry) -> int:
    """The highest number of a deleted generation; 0 when none was deleted."""
    rows = TOMBSTONES.list(registry, production)
    return max((row.body.last_generation for row in rows), default=0)


def last_take(production: str, registry: Registry) -> int:
    """The highest number of a deleted take of any storyboard; 0 when none was deleted."""
    rows = TOMBSTONES.list(registry, production)
    return max((row.body.last_take for row in rows), default=0)
