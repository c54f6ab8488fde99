"""Typed rows of the Registry: every kind is read, created and changed in the same way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar, cast

from pydantic import ValidationError

from onmodel.contracts.base import Contract
from onmodel.contracts.rows import Kind
from onmodel.errors import Conflict, EventRefused, ServiceError
from onmodel.observability import logger
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Record, Registry
from onmodel.registry.newer_fields import rewritten

CHANGE_ATTEMPTS = 6
"""At most a few functions write one row at the same time."""

UNKNOWN = "unknown"
"""The status of a row whose own status this version does not know: a newer one wrote it."""

BodyT = TypeVar("BodyT", bound=Contract)
StatusT = TypeVar("StatusT", bound=StrEnum)
ResultT = TypeVar("ResultT")


@dataclass(frozen=True)
class Row(Generic[BodyT, StatusT]):
    """One row of the Registry, its status and body typed.

    Attributes:
        kind: what the row describes.
        production: slug of the production that it belongs to.
        id: unique among the production's rows of this kind.
        status: of this kind's own statuses; UNKNOWN for one that newer code wrote.
        body: everything that only this kind has.
        holder: ARN of the execution that works on the row; None when there is none.
        revision: number of writes; a write succeeds only over the revision that was read.
        created_at: time of the first write.
        updated_at: time of the last write.
        stored: the body as it was read, with what newer code wrote; empty in a new row.
    """

    kind: Kind
    production: str
    id: str
    status: StatusT
    body: BodyT
    holder: str | None
    revision: int
    created_at: datetime
    updated_at: datetime
    stored: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def with_status(self, status: StatusT) -> Row[BodyT, StatusT]:
        return replace(self, status=status)

    def with_holder(self, execution_arn: str | None) -> Row[BodyT, StatusT]:
        return replace(self, holder=execution_arn)

    def with_body(self, body: BodyT) -> Row[BodyT, StatusT]:
        return replace(self, body=body)

    def with_fields(self, **changes: Any) -> Row[BodyT, StatusT]:  # noqa: ANN401
        """This row with some fields of its body changed. Raises ValueError for what is invalid."""
        return replace(self, body=type(self.body).model_validate(dict(self.body) | changes))


AnyRow = Row[Any, Any]
"""A row of any kind, where only the fields that all kinds have are used."""


@dataclass(frozen=True)
class Rows(Generic[BodyT, StatusT]):
    """The rows of one kind. The Registry is the first argument of every method."""

    kind: Kind
    body: type[BodyT]
    status: type[StatusT]

    def read(
        self,
        registry: Registry,
        production: str,
        id: str,  # noqa: A002 - the row's own word
    ) -> Row[BodyT, StatusT] | None:
        """Strongly consistent. Raises ValueError when status or body are not of this kind."""
        record = registry.get(production, self.kind, id)
        return None if record is None else self._typed(record)

    def require(
        self,
        registry: Registry,
        production: str,
        id: str,  # noqa: A002
    ) -> Row[BodyT, StatusT]:
        """As `read`. Raises EventRefused when there is no such row."""
        row = self.read(registry, production, id)
        if row is None:
            raise EventRefused(
                f"No {self.kind} {id} in production {production}",
                "It was deleted, or never made",
            )
        return row

    def list(self, registry: Registry, production: str) -> Iterator[Row[BodyT, StatusT]]:
        """Of one production, by id."""
        return map(self._typed, registry.list(production, self.kind))

    def list_all(self, registry: Registry) -> Iterator[Row[BodyT, StatusT]]:
        """Of all productions; eventually consistent."""
        return map(self._typed, registry.list_all(self.kind))

    def create(
        self,
        registry: Registry,
        production: str,
        id: str,  # noqa: A002
        *,
        status: StatusT,
        body: BodyT,
        now: datetime,
        holder: str | None = None,
    ) -> Row[BodyT, StatusT]:
        """Write the first revision. Raises Conflict when the row exists."""
        row = Row(self.kind, production, id, status, body, holder, 0, now, now)
        return self._typed(registry.create(self._record(row, now)))

    def replace(
        self, registry: Registry, row: Row[BodyT, StatusT], now: datetime
    ) -> Row[BodyT, StatusT]:
        """Write the next revision.

        Raises:
            Conflict: the row was written since it was read.
            ServiceError: its status is UNKNOWN, and would be lost.
        """
        return self._typed(registry.replace(self._record(row, now)))

    def put(
        self,
        registry: Registry,
        production: str,
        id: str,  # noqa: A002
        *,
        status: StatusT,
        body: BodyT,
        now: datetime,
    ) -> Row[BodyT, StatusT]:
        """Create the row, or replace its status and body whatever they are.

        Raises:
            Conflict: the row was written by another function at the same time.
        """
        current = self.read(registry, production, id)
        if current is None:
            return self.create(registry, production, id, status=status, body=body, now=now)
        return self.replace(registry, current.with_status(status).with_body(body), now)

    def change(
        self,
        registry: Registry,
        production: str,
        id: str,  # noqa: A002
        decide: Callable[[Row[BodyT, StatusT]], Row[BodyT, StatusT] | None],
        clock: Clock,
    ) -> Row[BodyT, StatusT]:
        """Read the row, let `decide` change it, and write it; repeated after each Conflict.

        Args:
            registry: holds the row.
            production: slug of the row's production.
            id: of the row.
            decide: takes the row and returns it changed, or None to leave it as it is. Called again
                with the newest revision after each Conflict, so it must have no side effects.
            clock: gives `updated_at`.

        Returns:
            The row as it was written, or as it was read when `decide` left it.

        Raises:
            EventRefused: there is no such row.
            Conflict: other functions wrote the row during every attempt.
        """

        def attempt() -> Row[BodyT, StatusT]:
            current = self.require(registry, production, id)
            wanted = decide(current)
            return current if wanted is None else self.replace(registry, wanted, clock())

        return retry_on_conflict(attempt, f"{self.kind} {id} of production {production}")

    def delete(self, registry: Registry, row: Row[BodyT, StatusT]) -> None:
        """Raises Conflict when the row was written since it was read."""
        registry.delete(self._record(row, row.updated_at))

    def _typed(self, record: Record) -> Row[BodyT, StatusT]:
        return Row(
            kind=self.kind,
            production=record.production,
            id=record.id,
            status=self._read_status(record),
            body=self._read_body(record),
            holder=record.holder,
            revision=record.revision,
            created_at=record.created_at,
            updated_at=record.updated_at,
            stored=record.body,
        )

    def _read_body(self, record: Record) -> BodyT:
        """Without fields of newer code, which was deployed before an update back.

        Raises:
            ValueError: it is not of this kind, or damaged.
        """
        try:
            return self.body.model_validate(record.body, extra="ignore")
        except ValidationError as fault:
            raise ValueError(
                f"{self.kind} {record.id} of production {record.production} cannot be read: {fault}"
            ) from fault

    def _record(self, row: Row[BodyT, StatusT], now: datetime) -> Record:
        """The one place that sets `updated_at`."""
        return Record(
            production=row.production,
            kind=self.kind,
            id=row.id,
            status=self._known_status(row),
            holder=row.holder,
            revision=row.revision,
            created_at=row.created_at,
            updated_at=now,
            body=rewritten(row.stored, row.body),
        )

    def _read_status(self, record: Record) -> StatusT:
        """UNKNOWN for a status of newer code: one such row must not end a list or a round."""
        try:
            return self.status(record.status)
        except ValueError:
            logger.warning(
                "%s %s has the status %r, which this version does not know; known are: %s",
                self.kind,
                record.id,
                record.status,
                ", ".join(self.status),
            )
            return cast("StatusT", UNKNOWN)

    def _known_status(self, row: Row[BodyT, StatusT]) -> StatusT:
        if row.status == UNKNOWN:
            raise ServiceError(
                f"{self.kind} {row.id} has a status that this version does not know: it is kept",
                "Deploy the newest version again",
            )
        try:
            return self.status(row.status)
        except ValueError:
            known = ", ".join(self.status)
            raise ValueError(
                f"{self.kind} {row.id} has the unknown status {row.status!r}; known are: {known}"
            ) from None


def retry_on_conflict(work: Callable[[], ResultT], what: str) -> ResultT:
    """Call `work` until it raises no Conflict, `CHANGE_ATTEMPTS` times at most.

    Args:
        work: reads rows, decides and writes; it starts from the beginning in each attempt.
        what: names the thing that is written, for the log and the error.

    Raises:
        Conflict: every attempt met a row that another function had written.
    """
    for attempt in range(1, CHANGE_ATTEMPTS + 1):
        try:
            return work()
        except Conflict as fault:
            logger.info("%s, attempt %d of %d: %s", what, attempt, CHANGE_ATTEMPTS, fault)
    raise Conflict(
        f"{what} was written by other functions during each of {CHANGE_ATTEMPTS} attempts"
    )
