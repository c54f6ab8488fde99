"""The Registry's rows: kinds, statuses and the bodies that PrepareFilm writes.

Bodies from the dataset on are in records_training.py.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from onmodel.contracts.base import Contract, ObjectRef, Usage
from onmodel.contracts.film import Run
from onmodel.ports import Record, Registry


class Kind(StrEnum):
    PRODUCTION = "production"
    CHARACTER = "character"
    REFERENCE = "reference"
    FILM = "film"
    RUN = "run"
    MAIL = "mail"
    GENERATION = "generation"
    DATASET = "dataset"
    APPROVAL = "approval"
    TRAINING = "training"
    DEPLOYMENT = "deployment"
    STORYBOARD = "storyboard"
    STACK = "stack"


class RunStatus(StrEnum):
    RUNNING = "running"
    PREPARED = "prepared"
    REFUSED = "refused"
    FAILED = "failed"


class RunBody(Contract):
    """What the Registry keeps of a run."""

    run: Run
    execution_arn: str
    reason: str | None = None
    advice: str | None = None
    crops_kept: int | None = None
    estimated_usd: float | None = None


class FilmBody(Contract):
    """The film as it is known: the newest upload of its content, and its newest prepared run."""

    title: str
    source: ObjectRef
    size_bytes: int = Field(ge=0)
    run: Run | None = None


class ReferenceBody(Contract):
    character: str
    source: ObjectRef
    width: int
    height: int


class FolderBody(Contract):
    """The name that a person gave: two names with one slug are refused."""

    folder: str


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


class NamingCost(Contract):
    """naming_usage.json: what embedding the references cost, and which could not be used."""

    usage: tuple[Usage, ...]
    notices: tuple[str, ...] = ()
