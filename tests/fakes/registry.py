"""The Registry in memory, with the compare-and-swap of the real one."""

from __future__ import annotations

import json
from collections.abc import Iterator

from onmodel.errors import Conflict
from onmodel.ports.registry import Record


class InMemoryRegistry:
    def __init__(self) -> None:
        self._rows: dict[tuple[str, str, str], Record] = {}

    def get(self, production: str, kind: str, id: str) -> Record | None:  # noqa: A002
        return self._rows.get((production, kind, id))

    def create(self, record: Record) -> Record:
        if _key(record) in self._rows:
            raise Conflict(f"{_key(record)} exists")
        return self._write(record, 1)

    def replace(self, record: Record) -> Record:
        self._must_stand_at(record)
        return self._write(record, record.revision + 1)

    def delete(self, record: Record) -> None:
        self._must_stand_at(record)
        del self._rows[_key(record)]

    def list(self, production: str, kind: str) -> Iterator[Record]:
        for key in sorted(self._rows):
            if key[:2] == (production, kind):
                yield self._rows[key]

    def list_all(self, kind: str) -> Iterator[Record]:
        for key in sorted(self._rows):
            if key[1] == kind:
                yield self._rows[key]

    def _must_stand_at(self, record: Record) -> None:
        row = self._rows.get(_key(record))
        if row is None or row.revision != record.revision:
            raise Conflict(f"{_key(record)} moved on")

    def _write(self, record: Record, revision: int) -> Record:
        body = json.loads(json.dumps(record.body, allow_nan=False))  # as a table stores it
        self._rows[_key(record)] = record.model_copy(update={"revision": revision, "body": body})
        return record.model_copy(update={"revision": revision})


def _key(record: Record) -> tuple[str, str, str]:
    return record.production, record.kind, record.id
