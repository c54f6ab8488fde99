"""The Cache in memory."""

from __future__ import annotations

from datetime import datetime, timedelta

from fakes.clock import FixedClock

from onmodel.ports.machines import Clock
from onmodel.ports.storage import CACHE_VALUE_LIMIT_BYTES


class InMemoryCache:
    def __init__(self, days: int = 365, clock: Clock | None = None) -> None:
        self._life = timedelta(days=days)
        self._clock = clock or FixedClock()
        self._claims: dict[str, datetime] = {}
        self._values: dict[str, tuple[bytes, datetime]] = {}

    def get(self, key: str) -> bytes | None:
        value, expires = self._values.get(key, (None, self._clock()))
        return value if expires > self._clock() else None

    def put(self, key: str, value: bytes) -> None:
        if len(value) > CACHE_VALUE_LIMIT_BYTES:
            raise ValueError(f"{len(value)} bytes to cache")
        self._values[key] = (value, self._clock() + self._life)

    def claim(self, key: str, seconds: float) -> bool:
        if self._claims.get(key, self._clock()) > self._clock():
            return False
        self._claims[key] = self._clock() + timedelta(seconds=seconds)
        return True

    def release(self, key: str) -> None:
        self._claims.pop(key, None)

    def keys(self) -> tuple[str, ...]:
        """What is stored; not part of the port."""
        return tuple(self._values)
