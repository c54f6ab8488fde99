"""Paid answers in the Cache: under which key they are kept, and which work paid for them.

The key is the hash of what is sent: kind, model, parameters and the picture's bytes. A picture that
is cut and encoded again gives the same bytes with the same version of the encoder; after an update
of the encoder the call is paid for once more.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from onmodel.errors import ServiceError
from onmodel.money.usage import UsageMeter
from onmodel.observability import logger
from onmodel.ports.storage import CACHE_VALUE_LIMIT_BYTES, Cache

PAID_BY = b"\xffpaid-by:"
"""Stands before the work that paid for an answer, a zero byte and the answer; no JSON begins so."""


def cache_key(kind: str, model: str, parameters: Mapping[str, Any], content: bytes) -> str:
    """SHA-256 over kind, model, parameters and the content's own SHA-256, in hex."""
    parts = [kind, model, parameters, hashlib.sha256(content).hexdigest()]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class PaidAnswer:
    """A paid answer that was found in the Cache.

    Attributes:
        value: as it was stored.
        meter: counts it.
        is_own: whether an earlier attempt of the same work paid for it and did not count it.
    """

    value: bytes
    meter: UsageMeter
    is_own: bool

    def count(self, item: str, count: float = 1) -> None:
        (self.meter.count_paid if self.is_own else self.meter.count_reused)(item, count)


def find_paid(cache: Cache, key: str, meter: UsageMeter) -> PaidAnswer | None:
    """An answer, without the name of the work that paid for it, which older answers do not have."""
    stored = cache.get(key)
    if stored is None:
        return None
    if not stored.startswith(PAID_BY):
        return PaidAnswer(stored, meter, is_own=False)
    work, _, value = stored.removeprefix(PAID_BY).partition(b"\0")
    is_own = bool(meter.work) and work == meter.work.encode()
    return PaidAnswer(value, meter, is_own=is_own and meter.is_counted_first(key))


def keep_paid(cache: Cache, key: str, value: bytes, meter: UsageMeter) -> None:
    """Store an answer that was paid for. An error is logged: the answer is used all the same."""
    meter.is_counted_first(key)  # when this attempt asks again, it is reused
    if meter.work:
        value = PAID_BY + meter.work.encode() + b"\0" + value
    if len(value) > CACHE_VALUE_LIMIT_BYTES:  # thousands of boxes in one picture
        logger.warning("a paid answer is too large to cache", cache_key=key, bytes=len(value))
        return
    try:
        cache.put(key, value)
    except ServiceError as fault:
        logger.warning(
            "a paid answer could not be cached and may be paid for again",
            cache_key=key,
            fault=str(fault),
        )


def warn_corrupt(key: str) -> None:
    """Log that an answer was found that cannot be read."""
    logger.warning("a cached answer is corrupt and is paid for again", cache_key=key)
