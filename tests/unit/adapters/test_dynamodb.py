"""What only DynamoDB does: answers that are lost and writes that botocore repeats."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from onmodel.adapters.dynamodb import DynamoRegistry
from onmodel.errors import Conflict
from onmodel.ports.registry import Record

NOW = datetime(2026, 11, 22, tzinfo=UTC)
RECORD = Record(
    production="main", kind="film", id="f", status="new", created_at=NOW, updated_at=NOW
)


class LosingClient:
    """The condition fails on a row that `writer` wrote before."""

    def __init__(self, writer: str) -> None:
        self.writer = writer

    def put_item(self, **request: Any) -> None:
        raise ClientError(
            {
                "Error": {"Code": "ConditionalCheckFailedException", "Message": ""},
                "Item": {**request["Item"], "write": {"S": self.writer}},
            },
            "PutItem",
        )


def test_create_when_own_write_was_repeated_then_success() -> None:
    registry = DynamoRegistry(LosingClient("mine"), "t", new_write=lambda: "mine")
    assert registry.create(RECORD).revision == 1


def test_create_when_another_wrote_the_same_row_then_conflict() -> None:
    registry = DynamoRegistry(LosingClient("theirs"), "t", new_write=lambda: "mine")
    with pytest.raises(Conflict):
        registry.create(RECORD)
