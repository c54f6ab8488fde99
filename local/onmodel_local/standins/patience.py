"""Simulated time: waits that a test can hold, or end at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

_POLL_SECONDS = 0.05


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Patience:
    """Simulated time of one record: it can be held, and advanced by a step."""

    held: bool = False
    steps: int = 0

    def wait(self, seconds: float, alive: Callable[[], bool]) -> bool:
        """Whether the time passed; False when the record ended before."""
        left = seconds
        while alive():
            if self.steps:
                self.steps -= 1
                return True
            if not self.held:
                left -= _POLL_SECONDS
                if left <= 0:
                    return True
            time.sleep(_POLL_SECONDS)
        return False
