"""Events in a list."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


class InMemoryEventBus:
    def __init__(self) -> None:
        self.events: list[tuple[str, Any]] = []

    def put(self, detail_type: str, detail: Mapping[str, Any]) -> None:
        self.events.append((detail_type, json.loads(json.dumps(detail))))
