"""A simulated loss curve, the same for the same job."""

from __future__ import annotations

import csv
import hashlib
import io
import math
import random

ROWS = 200  # enough for a curve; Bedrock writes one for each step


def losses(seed: str, steps: int, rate: float) -> list[tuple[int, float]]:
    """(step, loss): falls exponentially to a floor, noisy; quicker with a larger rate."""
    noise = random.Random(hashlib.sha256(seed.encode()).digest())
    decay = 3.0 * (rate / 1e-5) ** 0.25  # falls to a twentieth of the way over the whole training
    every = max(1, steps // ROWS)
    return [
        (
            step,
            round(
                0.06
                + 0.18 * math.exp(-decay * step / steps)
                + noise.gauss(0, 0.006 * (0.3 + math.exp(-2 * step / steps))),
                6,
            ),
        )
        for step in range(every, steps + 1, every)
    ]


def metrics_csv(points: list[tuple[int, float]], batch: int, records: int) -> bytes:
    """step_wise_training_metrics.csv with Bedrock's first columns."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["step_number", "epoch_number", "training_loss"])
    for step, loss in points:
        writer.writerow([step, step * batch // max(1, records), loss])
    return text.getvalue().encode()
