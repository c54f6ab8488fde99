"""How often and when the simulated services' events are delivered."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Delivery:
    """How events are delivered: AWS's delivery is best effort, so 0, 1 or 2 times, and late."""

    times: int = 1
    delay_seconds: float = 0.0
