"""The port to the Registry."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Protocol

from pydantic import Field

from onmodel.contracts.base import Contract


class Record(Contract):
    """A row of the Registry.

    `revision` counts writes. A write is conditional on it (compare-and-swap), so that of two
    functions that change a row at the same time one gets Conflict.
    """

    production: str
    kind: str = Field(pattern="^[a-z]+$")
    id: str
    status: str
    holder: str | None = Field(
        default=None, description="ARN of the execution that claimed the row"
    )
    revision: int = 0
    created_at: datetime
    updated_at: datetime
    body: dict[str, Any] = Field(default_factory=dict)


class Registry(Protocol):
    """The rows of films, runs, datasets, trainings, deployments, storyboards and mails."""

    def get(self, production: str, kind: str, id: str) -> Record | None:  # noqa: A002
        """Strongly consistent."""
        ...

    def create(self, record: Record) -> Record:
        """Write revision 1. Raises Conflict when the row exists."""
        ...

    def replace(self, record: Record) -> Record:
        """Write revision + 1 over `record.revision`. Raises Conflict when it was written since."""
        ...

    def delete(self, record: Record) -> None:
        """Delete if still at `record.revision`. Raises Conflict otherwise."""
        ...

    def list(self, production: str, kind: str) -> Iterator[Record]: ...
    def list_all(self, kind: str) -> Iterator[Record]:
        """Over all productions, by index; eventually consistent."""
        ...
