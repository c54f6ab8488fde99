"""Numbers that a deleted production used: one begun anew under its name counts on from them.

Services keep the names of jobs and executions. A training of the same films under the same number
would find the job of before, whose model is deleted.
"""

from __future__ import annotations

from onmodel.ports.registry import Registry
from onmodel.registry.kinds import TOMBSTONES


def last_generation(production: str, registry: Registry) -> int:
    """The highest number of a deleted generation; 0 when none was deleted."""
    rows = TOMBSTONES.list(registry, production)
    return max((row.body.last_generation for row in rows), default=0)


def last_take(production: str, registry: Registry) -> int:
    """The highest number of a deleted take of any storyboard; 0 when none was deleted."""
    rows = TOMBSTONES.list(registry, production)
    return max((row.body.last_take for row in rows), default=0)
