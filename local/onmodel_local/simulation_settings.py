"""Settings of the simulated services: durations, rates, quotas and model states."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class SimulationSettings:
    """Durations in seconds, far shorter than on AWS, and what the services answer."""

    training_seconds: float = 6.0
    """From InProgress to Completed: hours on AWS ("12000 steps … around 4 hours")."""
    throughput_seconds: float = 3.0
    """From Creating to InService: about 30 minutes on AWS."""
    stopping_seconds: float = 0.5
    """From Stopping to Stopped."""
    rate_scale: float = 1.0
    """Factor on the period of rate() rules; with 1/60, 15 minutes become 15 seconds."""
    canvas_status: str = "ACTIVE"
    """Lifecycle status of Nova Canvas in GetFoundationModel: ACTIVE, LEGACY or GONE (not found).

    AWS ended the model on 2026-09-30. The simulation answers ACTIVE, and its mails, pictures and
    reports state that they are simulated.
    """
    throughput_quota: float = 1.0
    """Value of L-BE77399C; 0 by default on AWS."""
