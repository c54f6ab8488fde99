"""How far back the rounds of reconcile look, so that nothing that ended is left out.

They look a day back. After a round that could not do everything, for example because no mail could
be sent, the next ones look back from the last round that could, but two weeks at most: each round
costs more the further it looks back. A mail on each day says so, and what is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from onmodel.contracts.keys import MAIN_PRODUCTION
from onmodel.contracts.notifications import NotificationRequest
from onmodel.contracts.stack_rows import RoundBody, RoundStatus
from onmodel.errors import ServiceError
from onmodel.formats.wording import count, when
from onmodel.notifications.facts.alarms import alarm
from onmodel.notifications.sending import Mails
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Registry
from onmodel.registry.kinds import ROUNDS

DAY = timedelta(hours=24)

LOOK_BACK = DAY
"""Many rounds see what ended, and one after it may wait for another: a film is released first."""

MOST_LOOK_BACK = timedelta(days=14)
"""As long as a dead letter is kept: time to correct what fails. Of 50 films that fail each day,
700 are looked at then, in about half a minute of a round's five."""

RECONCILE = "reconcile"
"""Id of the only row."""


class LookBack(NamedTuple):
    """What a round looks at."""

    began: datetime
    complete: datetime
    """When the last round began that did everything; the first round of all counts as one."""

    @property
    def since(self) -> datetime:
        """What ended before is left out."""
        return max(self.wanted, self.began - MOST_LOOK_BACK)

    @property
    def wanted(self) -> datetime:
        """How far back the round would have to look to leave nothing out."""
        return self.complete - LOOK_BACK

    @property
    def is_late(self) -> bool:
        return self.began - self.complete >= DAY

    @property
    def is_too_late(self) -> bool:
        """Whether something may be left out."""
        return self.since > self.wanted


@dataclass(frozen=True)
class Rounds:
    """The services that rounds need."""

    registry: Registry
    clock: Clock
    mails: Mails

    def begin(self, began: datetime) -> LookBack:
        """How far back a round looks. The first one is recorded: later ones look back to it."""
        row = ROUNDS.read(self.registry, MAIN_PRODUCTION, RECONCILE)
        if row is None:
            self.record_complete(began)
        return LookBack(began, began if row is None else min(began, row.body.began_at))

    def record_complete(self, began: datetime) -> None:
        """Record that the round that began then did everything."""
        ROUNDS.put(
            self.registry,
            MAIN_PRODUCTION,
            RECONCILE,
            status=RoundStatus.COMPLETE,
            body=RoundBody(began_at=began),
            now=self.clock(),
        )

    def alarm(self, round_: LookBack, fault: str) -> bool:
        """Send a mail on each day on which no round did everything.

        Args:
            round_: this round.
            fault: what it could not do.

        Returns:
            Whether a mail was sent now.
        """
        days = (round_.began - round_.complete) // DAY
        correlation_id = f"{RECONCILE}-{round_.complete:%Y%m%dT%H%M%S}"
        request = NotificationRequest(
            kind="alarm",
            production=MAIN_PRODUCTION,
            id=RECONCILE,
            correlation_id=correlation_id,
            extra={
                "what": f"reconcile has not done everything for {count(days, 'day')}",
                "advice": self._left_out(round_),
                "error": ServiceError.__name__,
                "cause": fault,
                "of_stack": "yes",
            },
        )
        return self.mails.send_once(alarm(request, self.mails.sources()), correlation_id)

    def _left_out(self, round_: LookBack) -> str:
        """What a person has to look at, a sentence or several."""
        correct = "Read the log of the function reconcile, and correct what fails"
        limit = count(MOST_LOOK_BACK.days, "day")
        status = f"onmodel status {self.mails.stack_options}"
        if not round_.is_too_late:
            return (
                f"{correct}. From {when(round_.wanted + MOST_LOOK_BACK)} on, what ended more than"
                f" {limit} before is left out"
            )
        return (
            f"What ended between {when(round_.wanted)} and {when(round_.since)} is not looked at"
            f" any more: films, trainings, deployments and storyboards that failed then, and"
            f" answers to questions, may have led to no mail and to no next step. Look for them"
            f" with `{status}` of each production, and begin them again."
            f" Models that bill are still switched off. {correct}"
        )
