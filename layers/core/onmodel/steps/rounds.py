"""How far back the rounds of reconcile look, so that nothing that ended is left out.

They look a day back. After a round that could not do everything, for example because no mail could
be sent, the next ones look back from the last round that could, however long ago it was.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from onmodel.contracts.keys import MAIN_PRODUCTION
from onmodel.contracts.stack_rows import RoundBody, RoundStatus
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Registry
from onmodel.registry.kinds import ROUNDS

LOOK_BACK = timedelta(hours=24)
"""Many rounds see what ended, and one after it may wait for another: a film is released first."""

RECONCILE = "reconcile"
"""Id of the only row; it does not exist before the first complete round."""


def look_back_to(registry: Registry, now: datetime) -> datetime:
    """What ended after this time is looked at."""
    row = ROUNDS.read(registry, MAIN_PRODUCTION, RECONCILE)
    last = now if row is None else min(now, row.body.began_at)
    return last - LOOK_BACK


def record_complete(registry: Registry, began_at: datetime, clock: Clock) -> None:
    """Record that a round did everything.

    Args:
        registry: has the row.
        began_at: the round.
        clock: now.
    """
    ROUNDS.put(
        registry,
        MAIN_PRODUCTION,
        RECONCILE,
        status=RoundStatus.COMPLETE,
        body=RoundBody(began_at=began_at),
        now=clock(),
    )
