"""Rows of the Registry, written whole."""

from __future__ import annotations

from datetime import datetime

from onmodel.contracts.base import Contract
from onmodel.contracts.rows import Kind
from onmodel.ports.registry import Record, Registry


def upsert(
    registry: Registry,
    *,
    production: str,
    kind: Kind,
    id: str,  # noqa: A002 - the row's own word
    status: str,
    body: Contract,
    now: datetime,
) -> Record:
    """Create the row, or replace it whatever it holds. Raises Conflict when it moves meanwhile."""
    content = body.model_dump(mode="json")
    current = registry.get(production, kind, id)
    if current is None:
        return registry.create(
            Record(
                production=production,
                kind=kind,
                id=id,
                status=status,
                created_at=now,
                updated_at=now,
                body=content,
            )
        )
    return registry.replace(
        current.model_copy(update={"status": status, "updated_at": now, "body": content})
    )
