"""Mails about films."""

from __future__ import annotations

from onmodel.contracts.films import FilmSummary
from onmodel.contracts.keys import FilmKeys
from onmodel.contracts.notifications import NotificationRequest
from onmodel.contracts.rows import RunStatus
from onmodel.notifications.facts.base import Facts, Tellers, Told
from onmodel.notifications.mails import film_failed, film_prepared, film_refused
from onmodel.registry.kinds import RUNS


def tell_prepared(asked: NotificationRequest, facts: Facts) -> Told:
    run = facts.row(RUNS, asked).body.run
    keys = FilmKeys.of(run)
    mail = film_prepared(
        summary=FilmSummary.model_validate_json(facts.studio.get(keys.summary)),
        report=facts.link(keys.report),
        pictures=facts.place(f"{keys.pictures}/"),
        records=facts.place(f"{keys.run}/"),
        correlation_id=asked.correlation_id,
    )
    return Told(mail, f"film_prepared:{run.run_id}")


def tell_refused(asked: NotificationRequest, facts: Facts) -> Told:
    """A film that only a person can help, or a run that broke through a fault of ours."""
    row = facts.row(RUNS, asked)
    body = row.body
    reason = body.reason or "an unknown fault"
    if row.status == RunStatus.FAILED:
        mail = film_failed(
            production=body.run.production,
            title=body.run.title,
            reason=reason,
            correlation_id=asked.correlation_id,
        )
    else:
        mail = film_refused(
            production=body.run.production,
            title=body.run.title,
            reason=reason,
            advice=body.advice or "",
            correlation_id=asked.correlation_id,
        )
    return Told(mail, f"film_refused:{body.run.run_id}:{body.run.attempt}")


TELLERS: Tellers = {"film_prepared": tell_prepared, "film_refused": tell_refused}
