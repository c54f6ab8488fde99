"""What every Registry keeps: the fake and DynamoDB."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from onmodel.errors import Conflict
from onmodel.ports.registry import Record, Registry

NOW = datetime(2026, 11, 22, 9, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def registry(every_registry: Registry) -> Registry:
    return every_registry


def record(id_: str = "film-1", production: str = "main", kind: str = "film", **fields) -> Record:
    return Record(
        production=production,
        kind=kind,
        id=id_,
        status="running",
        created_at=NOW,
        updated_at=NOW,
        **fields,
    )


def test_get_when_created_then_equal_at_revision_one(registry: Registry) -> None:
    body = {"title": "Ä film", "seconds": 1.25, "none": None, "boxes": [[1, 2], []], "": {"a": 1}}
    made = registry.create(record(holder="arn:x", body=body))
    assert made.revision == 1
    assert registry.get("main", "film", "film-1") == made


def test_get_when_missing_then_none(registry: Registry) -> None:
    assert registry.get("main", "film", "nothing") is None


def test_create_when_row_exists_then_conflict_and_first_stays(registry: Registry) -> None:
    first = registry.create(record(body={"by": "first"}))
    with pytest.raises(Conflict):
        registry.create(record(body={"by": "second"}))
    with pytest.raises(Conflict):
        registry.create(record(body={"by": "first"}))
    assert registry.get("main", "film", "film-1") == first


def test_replace_when_at_revision_then_next_revision(registry: Registry) -> None:
    made = registry.create(record(holder="arn:x"))
    done = registry.replace(made.model_copy(update={"status": "done", "holder": None}))
    assert (done.revision, done.status, done.holder) == (2, "done", None)
    assert registry.get("main", "film", "film-1") == done


def test_replace_when_row_moved_on_then_conflict(registry: Registry) -> None:
    made = registry.create(record())
    moved = registry.replace(made.model_copy(update={"holder": "arn:winner"}))
    with pytest.raises(Conflict):
        registry.replace(made.model_copy(update={"holder": "arn:loser"}))
    assert registry.get("main", "film", "film-1") == moved


def test_replace_when_row_is_missing_then_conflict(registry: Registry) -> None:
    with pytest.raises(Conflict):
        registry.replace(record(revision=1))
    assert registry.get("main", "film", "film-1") is None


def test_delete_when_at_revision_then_gone(registry: Registry) -> None:
    made = registry.create(record())
    moved = registry.replace(made)
    with pytest.raises(Conflict):
        registry.delete(made)
    registry.delete(moved)
    assert registry.get("main", "film", "film-1") is None
    with pytest.raises(Conflict):
        registry.delete(moved)


def test_list_when_other_kinds_and_productions_then_left_out(registry: Registry) -> None:
    for id_, production, kind in [
        ("b", "main", "film"),
        ("a", "main", "film"),
        ("c", "other", "film"),
        ("d", "main", "run"),
        ("e", "main", "filmstrip"),
    ]:
        registry.create(record(id_, production, kind))
    assert [row.id for row in registry.list("main", "film")] == ["a", "b"]
    assert [(row.production, row.id) for row in registry.list_all("film")] == [
        ("main", "a"),
        ("main", "b"),
        ("other", "c"),
    ]
    assert list(registry.list("main", "training")) == []
