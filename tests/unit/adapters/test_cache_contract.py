"""What every Cache keeps: the fake and DynamoDB."""

from __future__ import annotations

import pytest
from fakes.cache import InMemoryCache
from fakes.clock import FixedClock

from onmodel.adapters.dynamodb import DynamoCache
from onmodel.ports.storage import CACHE_VALUE_LIMIT_BYTES, Cache


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture(params=["fake", "dynamodb"])
def cache(request: pytest.FixtureRequest, clock: FixedClock) -> Cache:
    if request.param == "fake":
        return InMemoryCache(days=30, clock=clock)
    client = request.getfixturevalue("aws")("dynamodb")
    client.create_table(
        TableName="cache",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "key", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "key", "KeyType": "HASH"}],
    )
    return DynamoCache(client, "cache", 30, clock)


def test_get_when_put_then_same_bytes(cache: Cache) -> None:
    value = bytes(range(256))
    cache.put("k", value)
    assert cache.get("k") == value
    assert cache.get("other") is None


def test_put_when_key_is_there_then_replaced(cache: Cache) -> None:
    cache.put("k", b"old")
    cache.put("k", b"new")
    assert cache.get("k") == b"new"


def test_get_when_days_are_over_then_none(cache: Cache, clock: FixedClock) -> None:
    cache.put("k", b"value")
    clock.advance(days=29, hours=23)
    assert cache.get("k") == b"value"
    clock.advance(hours=1)
    assert cache.get("k") is None


def test_put_when_at_the_limit_then_kept_and_above_then_refused(cache: Cache) -> None:
    cache.put("k", b"x" * CACHE_VALUE_LIMIT_BYTES)
    assert len(cache.get("k") or b"") == CACHE_VALUE_LIMIT_BYTES
    with pytest.raises(ValueError, match="to cache"):
        cache.put("k", b"x" * (CACHE_VALUE_LIMIT_BYTES + 1))


def test_claim_when_another_lasts_then_refused_until_it_is_released_or_expires(
    cache: Cache, clock: FixedClock
) -> None:
    assert cache.claim("k", 60) is True
    assert cache.claim("k", 60) is False
    assert cache.claim("other", 60) is True
    cache.release("k")
    assert cache.claim("k", 60) is True
    clock.advance(seconds=60)
    assert cache.claim("k", 60) is True
    assert cache.get("k") is None
