"""Mails the prepared films whose own mails were held: one mail for each production."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from onmodel.contracts.film_rows import RunStatus
from onmodel.contracts.notifications import NotificationRequest
from onmodel.contracts.stack_rows import MailStatus
from onmodel.notifications.digests import prepared_event
from onmodel.notifications.facts.films import film_prepared, films_prepared
from onmodel.notifications.sending import Mails, mail_id_of
from onmodel.ports.storage import ObjectStore
from onmodel.registry.kinds import MAILS, MailRow, RunRow


@dataclass(frozen=True)
class FilmDigests:
    """The services that digests need."""

    mails: Mails
    studio: ObjectStore

    def held(self, runs: Iterable[RunRow], since: datetime) -> dict[str, list[RunRow]]:
        """The films that were prepared since then, and whose mails are held, by production."""
        found: dict[str, list[RunRow]] = defaultdict(list)
        for run in runs:
            is_late = run.status == RunStatus.PREPARED and run.updated_at > since
            if is_late and self._mail_of(run) is not None:
                found[run.production].append(run)
        return found

    def send(self, production: str, runs: list[RunRow]) -> bool:
        """Send one mail about these films: that of the film, when there is only one.

        When the function ends in between, the next round finds that this mail was sent.

        Returns:
            Whether it was sent now.

        Raises:
            Conflict: another function sends it at this moment.
        """
        runs = sorted(runs, key=lambda run: (run.updated_at, run.id))
        correlation_id = runs[0].body.run.correlation_id
        request = NotificationRequest(
            kind="films_prepared",
            production=production,
            id=runs[0].id,
            correlation_id=correlation_id,
            extra={"run_ids": " ".join(run.id for run in runs)},
        )
        gather = films_prepared if len(runs) > 1 else film_prepared
        is_sent = self.mails.send_once(
            gather(request, self.mails.sources(self.studio)), correlation_id
        )
        registry, clock = self.mails.registry, self.mails.clock
        for run in runs:
            mail = self._mail_of(run)
            if mail is not None:
                MAILS.replace(registry, mail.with_status(MailStatus.SENT), clock())
        return is_sent

    def _mail_of(self, run: RunRow) -> MailRow | None:
        """The row of the film's own mail while it is held."""
        mail_id = mail_id_of(run.production, prepared_event(run.id))
        row = MAILS.read(self.mails.registry, run.production, mail_id)
        return row if row is not None and row.status == MailStatus.HELD else None
