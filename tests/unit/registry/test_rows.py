"""What typed rows keep, over every Registry: the fake and DynamoDB."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from fakes.clock import START, FixedClock

from onmodel.contracts.rows import GenerationBody, GenerationStatus, Kind
from onmodel.errors import Conflict, EventRefused, ServiceError
from onmodel.ports.registry import Record, Registry
from onmodel.registry import rows
from onmodel.registry.kinds import GENERATIONS, GenerationRow
from onmodel.registry.rows import CHANGE_ATTEMPTS, UNKNOWN, retry_on_conflict

OPEN, CLOSED = GenerationStatus.OPEN, GenerationStatus.CLOSED
LATER = START + timedelta(hours=1)


@pytest.fixture
def registry(every_registry: Registry) -> Registry:
    return every_registry


def body(attempt: int = 1) -> GenerationBody:
    return GenerationBody(
        attempt=attempt,
        runs=("a-00000001-aaaaaaaa",),
        last_prepared_at=datetime(2026, 11, 22, 8, 0, 0, 123456, tzinfo=UTC),
        correlation_id="upload-1",
    )


def make(registry: Registry, id_: str = "g0001", production: str = "bunny") -> GenerationRow:
    return GENERATIONS.create(
        registry, production, id_, status=OPEN, body=body(), now=START, holder="arn:x"
    )


def untyped(**changes: object) -> Record:
    """A row as the code before typed rows wrote it."""
    fields: dict[str, object] = {
        "production": "bunny",
        "kind": "generation",
        "id": "g0001",
        "status": "open",
        "created_at": START,
        "updated_at": START,
        "body": {
            "attempt": 2,
            "runs": ["a-00000001-aaaaaaaa"],
            "last_prepared_at": "2026-11-22T08:00:00.123456Z",
            "correlation_id": "upload-1",
        },
    }
    return Record.model_validate(fields | changes)


def test_read_when_created_then_equal_and_typed(registry: Registry) -> None:
    made = make(registry)
    assert GENERATIONS.read(registry, "bunny", "g0001") == made
    assert (made.kind, made.production, made.id) == (Kind.GENERATION, "bunny", "g0001")
    assert made.status is OPEN
    assert made.body == body()
    assert (made.holder, made.revision) == ("arn:x", 1)
    assert (made.created_at, made.updated_at) == (START, START)


def test_read_when_written_before_rows_were_typed_then_loaded(registry: Registry) -> None:
    registry.create(untyped())
    found = GENERATIONS.require(registry, "bunny", "g0001")
    assert found.status is OPEN
    assert found.body == body(attempt=2)
    assert found.holder is None


def test_read_when_missing_then_none(registry: Registry) -> None:
    assert GENERATIONS.read(registry, "bunny", "g0001") is None


def test_require_when_missing_then_refused_by_name(registry: Registry) -> None:
    with pytest.raises(EventRefused, match="No generation g0001 in production bunny"):
        GENERATIONS.require(registry, "bunny", "g0001")


@pytest.mark.parametrize(
    "found",
    [
        lambda registry: list(GENERATIONS.list(registry, "bunny")),
        lambda registry: list(GENERATIONS.list_all(registry)),
        lambda registry: [GENERATIONS.read(registry, "bunny", id_) for id_ in ("g0001", "g0002")],
    ],
    ids=["list", "list_all", "read"],
)
def test_rows_when_one_status_is_unknown_then_all_are_found_and_it_is_logged(
    registry: Registry,
    found: Callable[[Registry], list[GenerationRow]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A stack that is updated back has rows that newer code wrote."""
    logged: list[str] = []
    monkeypatch.setattr(rows.logger, "warning", lambda text, *values: logged.append(text % values))
    make(registry)
    registry.create(untyped(id="g0002", status="ajar"))
    first, second = found(registry)
    assert (first.status, second.status, second.body) == (OPEN, UNKNOWN, body(attempt=2))
    assert logged == [
        "generation g0002 has the status 'ajar', which this version does not know;"
        " known are: open, closed"
    ]


def test_replace_when_the_status_is_unknown_then_kept_or_replaced_by_a_known_one(
    registry: Registry,
) -> None:
    registry.create(untyped(status="ajar"))
    row = GENERATIONS.require(registry, "bunny", "g0001")
    with pytest.raises(ServiceError, match="g0001 has a status that this version does not know"):
        GENERATIONS.replace(registry, row.with_fields(attempt=3), LATER)
    assert GENERATIONS.replace(registry, row.with_status(CLOSED), LATER).status is CLOSED


def test_read_when_body_is_of_another_kind_then_refused(registry: Registry) -> None:
    registry.create(untyped(body={"folder": "Bunny"}))
    with pytest.raises(ValueError, match="GenerationBody"):
        GENERATIONS.read(registry, "bunny", "g0001")


def test_rows_when_newer_code_wrote_further_fields_then_read_without_and_kept(
    registry: Registry,
) -> None:
    """A stack that is updated back, or whose functions are not all updated yet."""
    newer = {**body().model_dump(mode="json"), "priority": 3}
    registry.create(untyped(body=newer))
    row = GENERATIONS.require(registry, "bunny", "g0001")
    assert row.body == body()
    GENERATIONS.replace(registry, row.with_fields(attempt=2), LATER)
    written = registry.get("bunny", "generation", "g0001")
    assert written is not None and written.body == {**newer, "attempt": 2}


def test_create_when_row_exists_then_conflict_and_first_stays(registry: Registry) -> None:
    first = make(registry)
    with pytest.raises(Conflict):
        GENERATIONS.create(registry, "bunny", "g0001", status=CLOSED, body=body(3), now=LATER)
    assert GENERATIONS.read(registry, "bunny", "g0001") == first


def test_create_when_status_is_unknown_then_refused_and_nothing_written(
    registry: Registry,
) -> None:
    with pytest.raises(ValueError, match="unknown status 'ajar'"):
        GENERATIONS.create(registry, "bunny", "g0001", status="ajar", body=body(), now=START)  # type: ignore[arg-type]
    assert GENERATIONS.read(registry, "bunny", "g0001") is None


def test_replace_when_at_its_revision_then_written_with_its_time(registry: Registry) -> None:
    made = make(registry)
    changed = made.with_status(CLOSED).with_holder(None).with_fields(dataset_id="d0001-00000000")
    written = GENERATIONS.replace(registry, changed, LATER)
    assert GENERATIONS.read(registry, "bunny", "g0001") == written
    assert (written.status, written.holder, written.revision) == (CLOSED, None, 2)
    assert written.body == body().model_copy(update={"dataset_id": "d0001-00000000"})
    assert (written.created_at, written.updated_at) == (START, LATER)


def test_replace_when_row_was_written_since_then_conflict_and_it_stays(registry: Registry) -> None:
    made = make(registry)
    winner = GENERATIONS.replace(registry, made.with_holder("arn:winner"), LATER)
    with pytest.raises(Conflict):
        GENERATIONS.replace(registry, made.with_holder("arn:loser"), LATER)
    assert GENERATIONS.read(registry, "bunny", "g0001") == winner


def test_with_fields_when_field_is_unknown_or_invalid_then_refused(registry: Registry) -> None:
    made = make(registry)
    with pytest.raises(ValueError, match="atempt"):
        made.with_fields(atempt=2)
    with pytest.raises(ValueError, match="attempt"):
        made.with_fields(attempt=0)


def test_put_when_missing_then_created_and_when_there_then_replaced(registry: Registry) -> None:
    made = GENERATIONS.put(registry, "bunny", "g0001", status=OPEN, body=body(), now=START)
    assert (made.status, made.revision, made.created_at) == (OPEN, 1, START)
    again = GENERATIONS.put(registry, "bunny", "g0001", status=CLOSED, body=body(2), now=LATER)
    assert GENERATIONS.read(registry, "bunny", "g0001") == again
    assert (again.status, again.body, again.revision) == (CLOSED, body(2), 2)
    assert (again.created_at, again.updated_at) == (START, LATER)


def test_put_when_held_then_holder_stays(registry: Registry) -> None:
    make(registry)
    again = GENERATIONS.put(registry, "bunny", "g0001", status=CLOSED, body=body(), now=LATER)
    assert again.holder == "arn:x"


def test_change_when_decided_then_written_at_the_clocks_time(registry: Registry) -> None:
    make(registry)
    changed = GENERATIONS.change(
        registry, "bunny", "g0001", lambda row: row.with_fields(attempt=2), FixedClock(LATER)
    )
    assert GENERATIONS.read(registry, "bunny", "g0001") == changed
    assert (changed.body.attempt, changed.revision, changed.updated_at) == (2, 2, LATER)


def test_change_when_decided_none_then_row_is_left(registry: Registry) -> None:
    made = make(registry)
    left = GENERATIONS.change(registry, "bunny", "g0001", lambda _: None, FixedClock(LATER))
    assert left == made
    assert GENERATIONS.read(registry, "bunny", "g0001") == made


def test_change_when_missing_then_refused(registry: Registry) -> None:
    with pytest.raises(EventRefused, match="No generation g0001"):
        GENERATIONS.change(registry, "bunny", "g0001", lambda row: row, FixedClock())


def test_change_when_another_writes_first_then_decided_again_on_the_fresh_row(
    registry: Registry,
) -> None:
    make(registry)
    seen: list[int] = []

    def decide(row: GenerationRow) -> GenerationRow:
        seen.append(row.body.attempt)
        if len(seen) == 1:
            GENERATIONS.replace(registry, row.with_fields(attempt=7), LATER)
        return row.with_fields(attempt=row.body.attempt + 1)

    changed = GENERATIONS.change(registry, "bunny", "g0001", decide, FixedClock(LATER))
    assert seen == [1, 7]
    assert GENERATIONS.read(registry, "bunny", "g0001") == changed
    assert (changed.body.attempt, changed.revision) == (8, 3)


def test_change_when_another_always_writes_first_then_given_up_plainly(
    registry: Registry,
) -> None:
    make(registry)
    decided = 0

    def decide(row: GenerationRow) -> GenerationRow:
        nonlocal decided
        decided += 1
        GENERATIONS.replace(registry, row.with_holder(f"arn:{decided}"), LATER)
        return row.with_fields(attempt=9)

    with pytest.raises(
        Conflict,
        match=f"generation g0001 of production bunny was written by other functions during each"
        f" of {CHANGE_ATTEMPTS} attempts",
    ):
        GENERATIONS.change(registry, "bunny", "g0001", decide, FixedClock())
    assert decided == CHANGE_ATTEMPTS
    left = GENERATIONS.require(registry, "bunny", "g0001")
    assert (left.body.attempt, left.holder) == (1, f"arn:{CHANGE_ATTEMPTS}")


def test_list_when_other_productions_then_only_in_list_all(registry: Registry) -> None:
    first, second = make(registry, "g0001"), make(registry, "g0002")
    other = make(registry, "g0001", "other")
    assert list(GENERATIONS.list(registry, "bunny")) == [first, second]
    assert list(GENERATIONS.list_all(registry)) == [first, second, other]
    assert list(GENERATIONS.list(registry, "nobody")) == []


def test_delete_when_written_since_then_conflict_else_gone(registry: Registry) -> None:
    made = make(registry)
    moved = GENERATIONS.replace(registry, made, LATER)
    with pytest.raises(Conflict):
        GENERATIONS.delete(registry, made)
    GENERATIONS.delete(registry, moved)
    assert GENERATIONS.read(registry, "bunny", "g0001") is None


def test_retry_when_work_raises_anything_but_conflict_then_not_repeated() -> None:
    calls = 0

    def work() -> None:
        nonlocal calls
        calls += 1
        raise EventRefused("no")

    with pytest.raises(EventRefused):
        retry_on_conflict(work, "a row")
    assert calls == 1
