"""How fast simulated time passes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Pace:
    """Seconds that simulated things take; what takes hours on AWS takes seconds here."""

    training_seconds: float = 6.0
    """From InProgress to Completed: hours on AWS ("12000 steps … around 4 hours")."""
    throughput_seconds: float = 3.0
    """From Creating to InService: about 30 minutes on AWS."""
    stopping_seconds: float = 0.5
    """From Stopping to Stopped."""
    rate_scale: float = 1.0
    """What part of a rate() rule's period passes; 1/60 makes 15 minutes 15 seconds."""
    canvas_status: str = "ACTIVE"
    """Nova Canvas's lifecycle as GetFoundationModel tells it: ACTIVE, LEGACY or GONE.

    AWS ended the model on 2026-09-30; the simulation answers ACTIVE and says that it is one.
    """
    throughput_quota: float = 1.0
    """Value of L-BE77399C; 0 by default on AWS."""
