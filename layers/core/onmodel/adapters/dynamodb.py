"""Registry and Cache over DynamoDB.

Registry table: PK `production`, SK `sk` = `<kind>#<id>`; index `by_kind` with PK `kind` and SK
`production_id` = `<production>#<id>`. The body is one JSON text: DynamoDB has no floats, and no
query reads inside it. Cache table: PK `key`, `value` in bytes, `expires_at` in epoch seconds (TTL).
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from onmodel.adapters.faults import code_of, translated
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Record
from onmodel.ports.storage import CACHE_VALUE_LIMIT_BYTES

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

Item = dict[str, Any]
"""A row as DynamoDB's API writes it: {"status": {"S": "running"}, …}."""


def _new_write() -> str:
    return uuid.uuid4().hex


class DynamoRegistry:
    """The Registry table.

    botocore repeats a write whose answer was lost, and then the condition fails because the first
    attempt succeeded. Each write stores a token of its own, so that this is no Conflict.
    """

    def __init__(
        self, client: DynamoDBClient, table: str, new_write: Callable[[], str] = _new_write
    ) -> None:
        self._client = client
        self._table = table
        self._new_write = new_write

    def get(self, production: str, kind: str, id: str) -> Record | None:  # noqa: A002
        with translated():
            answer = self._client.get_item(
                TableName=self._table, Key=_key(production, kind, id), ConsistentRead=True
            )
        return _to_record(answer["Item"]) if "Item" in answer else None

    def create(self, record: Record) -> Record:
        written = record.model_copy(update={"revision": 1})
        self._put(written, {"ConditionExpression": "attribute_not_exists(production)"})
        return written

    def replace(self, record: Record) -> Record:
        written = record.model_copy(update={"revision": record.revision + 1})
        self._put(written, _still_at(record))
        return written

    def delete(self, record: Record) -> None:
        with translated():
            self._client.delete_item(
                TableName=self._table,
                Key=_key(record.production, record.kind, record.id),
                **_still_at(record),
            )

    def list(self, production: str, kind: str) -> Iterator[Record]:
        return self._query(
            KeyConditionExpression="production = :p AND begins_with(sk, :k)",
            ExpressionAttributeValues={":p": {"S": production}, ":k": {"S": f"{kind}#"}},
            ConsistentRead=True,
        )

    def list_all(self, kind: str) -> Iterator[Record]:
        return self._query(
            IndexName="by_kind",
            KeyConditionExpression="kind = :k",
            ExpressionAttributeValues={":k": {"S": kind}},
        )

    def _query(self, **query: Any) -> Iterator[Record]:  # noqa: ANN401
        pages = self._client.get_paginator("query")
        with translated():
            for page in pages.paginate(TableName=self._table, **query):
                yield from map(_to_record, page["Items"])

    def _put(self, record: Record, condition: Mapping[str, Any]) -> None:
        write = self._new_write()
        with translated():
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item=_to_item(record) | {"write": {"S": write}},
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                    **condition,
                )
            except ClientError as fault:
                if not _is_own_write(fault, write):
                    raise


class DynamoCache:
    """The Cache table; a value expires after `days` days."""

    def __init__(self, client: DynamoDBClient, table: str, days: int, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._life = timedelta(days=days)
        self._clock = clock

    def get(self, key: str) -> bytes | None:
        with translated():
            answer = self._client.get_item(TableName=self._table, Key={"key": {"S": key}})
        item = answer.get("Item")
        # DynamoDB deletes within days of the expiry, not at it.
        if item is None or int(item["expires_at"]["N"]) <= self._clock().timestamp():
            return None
        return item["value"]["B"]

    def put(self, key: str, value: bytes) -> None:
        if len(value) > CACHE_VALUE_LIMIT_BYTES:
            raise ValueError(f"{len(value):,} bytes, over {CACHE_VALUE_LIMIT_BYTES:,}, to cache")
        expires = int((self._clock() + self._life).timestamp())
        with translated():
            self._client.put_item(
                TableName=self._table,
                Item={
                    "key": {"S": key},
                    "value": {"B": value},
                    "expires_at": {"N": str(expires)},
                },
            )

    def claim(self, key: str, seconds: float) -> bool:
        now = self._clock()
        with translated():
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item=_claim(key, now + timedelta(seconds=seconds)),
                    ConditionExpression="attribute_not_exists(expires_at) OR expires_at <= :now",
                    ExpressionAttributeValues={":now": {"N": str(int(now.timestamp()))}},
                )
            except ClientError as fault:
                if code_of(fault) != "ConditionalCheckFailedException":
                    raise
                return False
        return True

    def release(self, key: str) -> None:
        with translated():
            self._client.put_item(TableName=self._table, Item=_claim(key, self._clock()))


def _claim(key: str, until: datetime) -> Item:
    """Beside the answer's item, which may not exist yet."""
    return {"key": {"S": f"claim#{key}"}, "expires_at": {"N": str(int(until.timestamp()))}}


def _key(production: str, kind: str, id: str) -> Item:  # noqa: A002
    return {"production": {"S": production}, "sk": {"S": f"{kind}#{id}"}}


def _still_at(record: Record) -> dict[str, Any]:
    return {
        "ConditionExpression": "revision = :r",
        "ExpressionAttributeValues": {":r": {"N": str(record.revision)}},
    }


def _is_own_write(fault: ClientError, write: str) -> bool:
    if code_of(fault) != "ConditionalCheckFailedException":
        return False
    found: Mapping[str, Any] = fault.response.get("Item", {})  # type: ignore[assignment]
    return bool(found.get("write") == {"S": write})


def _to_item(record: Record) -> Item:
    holder = {"holder": {"S": record.holder}} if record.holder else {}
    return {
        **_key(record.production, record.kind, record.id),
        **holder,
        "kind": {"S": record.kind},
        "production_id": {"S": f"{record.production}#{record.id}"},
        "status": {"S": record.status},
        "revision": {"N": str(record.revision)},
        "created_at": {"S": record.created_at.isoformat()},
        "updated_at": {"S": record.updated_at.isoformat()},
        "body": {"S": json.dumps(record.body, ensure_ascii=False, allow_nan=False)},
    }


def _to_record(item: Mapping[str, Any]) -> Record:
    kind, _, id_ = item["sk"]["S"].partition("#")
    return Record(
        production=item["production"]["S"],
        kind=kind,
        id=id_,
        status=item["status"]["S"],
        holder=item.get("holder", {}).get("S"),
        revision=int(item["revision"]["N"]),
        created_at=datetime.fromisoformat(item["created_at"]["S"]),
        updated_at=datetime.fromisoformat(item["updated_at"]["S"]),
        body=json.loads(item["body"]["S"]),
    )
