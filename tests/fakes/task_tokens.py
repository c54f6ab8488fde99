"""Task tokens in memory."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any


class InMemoryTaskTokens:
    """Knows the tokens that a test adds to `waiting`; each can be answered once."""

    def __init__(self, waiting: Iterable[str] = ()) -> None:
        self.waiting = set(waiting)
        self.succeeded: dict[str, Any] = {}
        self.failed: dict[str, tuple[str, str]] = {}

    def succeed(self, token: str, output: Mapping[str, Any]) -> bool:
        if token not in self.waiting:
            return False
        self.waiting.remove(token)
        self.succeeded[token] = json.loads(json.dumps(output))
        return True

    def fail(self, token: str, error: str, cause: str) -> bool:
        if token not in self.waiting:
            return False
        self.waiting.remove(token)
        self.failed[token] = (error, cause)
        return True
