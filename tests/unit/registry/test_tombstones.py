from __future__ import annotations

from datetime import UTC, datetime

from fakes.registry import InMemoryRegistry

from onmodel.contracts.stack_rows import TombstoneBody, TombstoneStatus
from onmodel.registry.kinds import TOMBSTONES
from onmodel.registry.tombstones import last_generation, last_take

NOW = datetime(2026, 11, 29, tzinfo=UTC)


def test_last_numbers_when_deleted_twice_then_the_highest_of_this_production() -> None:
    registry = InMemoryRegistry()
    for production, number in (("bunny", 3), ("bunny", 2), ("hop", 9)):
        body = TombstoneBody(
            name=production, parts=(), cache_expires_at=NOW,
            last_generation=number, last_take=number + 1,
        )  # fmt: skip
        TOMBSTONES.create(
            registry, production, f"t{number}", status=TombstoneStatus.DELETED, body=body, now=NOW
        )
    assert (last_generation("bunny", registry), last_take("bunny", registry)) == (3, 4)
    assert (last_generation("new", registry), last_take("new", registry)) == (0, 0)
