"""Recovers films and generations whose execution failed: releases, collects, starts again."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from onmodel.contracts.detectors import DetectorStage
from onmodel.contracts.film_rows import RunStatus
from onmodel.contracts.generations import FilmPreparedDetail
from onmodel.contracts.notifications import NotificationRequest
from onmodel.contracts.rows import GenerationStatus
from onmodel.datasets.generations import is_tried_again, start_again_by_itself
from onmodel.errors import Conflict, ServiceError
from onmodel.films.detectors import detector_of, end_leases, stop_if_unneeded
from onmodel.films.places import free_dead_places
from onmodel.formats.wording import count, when
from onmodel.notifications.facts.alarms import alarm
from onmodel.notifications.facts.base import Sources
from onmodel.notifications.facts.films import film_failed
from onmodel.notifications.sending import Mails
from onmodel.ports.detectors import Detectors
from onmodel.ports.machines import Clock, Executions
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.registry.kinds import GENERATIONS, RUNS, DetectorRow, GenerationRow, PlacesRow, RunRow
from onmodel.registry.rows import AnyRow
from onmodel.steps.collect_film import CollectFilm

ENDED_WITHOUT_RESULT = "its execution ended without a result"

LONGEST_STOP = timedelta(hours=1)
"""Of a Custom Labels model: it cannot be stopped while it starts, which takes up to 20 minutes."""

GRACE = timedelta(minutes=5)
"""What happened within this time may not be written or listed yet."""


def is_held(row: AnyRow, executions: Executions) -> bool:
    """Whether the execution that holds a row still runs."""
    return row.holder is not None and executions.is_running(row.holder)


@dataclass(frozen=True)
class Recovery:
    """The services that recovery needs."""

    registry: Registry
    studio: ObjectStore
    executions: Executions
    detectors: Detectors
    mails: Mails
    clock: Clock
    quiet_seconds: float
    train_model_arn: str

    def release_run(self, listed: RunRow) -> bool:
        """Release a run whose execution failed: a mail is sent; the film may be uploaded again."""
        if listed.status != RunStatus.RUNNING:  # most rows: not read again
            return False
        row = RUNS.read(self.registry, listed.production, listed.id)
        if row is None or row.status != RunStatus.RUNNING or is_held(row, self.executions):
            return False
        run = row.body.run
        request = NotificationRequest(
            kind="film_failed",
            production=row.production,
            id=row.id,
            correlation_id=run.correlation_id,
            extra={"reason": ENDED_WITHOUT_RESULT},
        )
        told = film_failed(request, self.mails.sources(self.studio))
        self.mails.send_once(told, run.correlation_id)
        failed = (
            row.with_status(RunStatus.FAILED)
            .with_holder(None)
            .with_fields(reason=ENDED_WITHOUT_RESULT)
        )
        RUNS.replace(self.registry, failed, self.clock())
        return True

    def free_places(self, _listed: PlacesRow) -> bool:
        """Free the places of films whose execution ended without freeing them.

        The row's own age says nothing: each further film writes it.
        """
        return free_dead_places(self.registry, self.executions, self.clock, GRACE)

    def stop_detector(self, listed: DetectorRow) -> bool:
        """Stop a Custom Labels model whose films ended without stopping it, or are over their time.

        Raises:
            ServiceError: it still bills a good while after it was asked to stop, of which a mail
                is sent each hour; or it cannot be stopped.
        """
        if listed.status == DetectorStage.STOPPED:
            return False
        model = listed.body.model
        end_leases(
            self.registry,
            model,
            lambda lease: not self.executions.is_running(lease.execution_arn),
            self.clock,
        )
        try:
            with suppress(Conflict):  # it starts still: the next round stops it
                stop_if_unneeded(self.registry, self.detectors, model, self.clock)
        finally:
            row = detector_of(self.registry, model)
            if row is not None and row.status == DetectorStage.STOPPING:
                self._alarm_if_late(row)
        return row is not None and row.status in {DetectorStage.STOPPED, DetectorStage.STOPPING}

    def _alarm_if_late(self, row: DetectorRow) -> None:
        """Send a mail in each hour in which a model bills after it was asked to stop.

        Raises:
            ServiceError: it does.
        """
        since, now = row.body.stopping_since, self.clock()
        if since is None or now - since <= LONGEST_STOP:
            return
        hours = int((now - since) / timedelta(hours=1))
        late = f"{row.body.model} was asked to stop at {when(since)}, and still bills"
        request = NotificationRequest(
            kind="alarm",
            production=row.production,
            id=row.id,
            correlation_id=f"{row.id}-{since:%Y%m%dT%H%M%S}",
            extra={
                "what": f"a Custom Labels model still bills {count(hours, 'hour')} after it was"
                " asked to stop",
                "advice": "Stop it with `aws rekognition stop-project-version`",
                "error": ServiceError.__name__,
                "cause": late,
            },
        )
        self.mails.send_once(alarm(request, Sources(self.registry, now)), request.correlation_id)
        raise ServiceError(late)

    def collect_prepared(self, since: datetime, listed: RunRow) -> bool:
        """Collect a prepared film that is in no generation because its FilmPrepared was lost.

        Args:
            since: one that was prepared before is left out.
            listed: the run.
        """
        if listed.status != RunStatus.PREPARED:
            return False
        if not since < listed.updated_at <= self.clock() - GRACE:
            return False
        body = listed.body
        if body.crops_kept == 0 or self._is_collected(listed):
            return False
        collecting = CollectFilm(
            registry=self.registry,
            studio=self.studio,
            executions=self.executions,
            clock=self.clock,
            train_model_arn=self.train_model_arn,
        )
        film = FilmPreparedDetail(
            production=listed.production,
            film_id=body.run.film_id,
            run_id=listed.id,
            correlation_id=body.run.correlation_id,
        )
        return collecting.collect_run(film).outcome != "ignored"

    def _is_collected(self, run: RunRow) -> bool:
        return any(
            run.id in generation.body.runs
            for generation in GENERATIONS.list(self.registry, run.production)
        )

    def resume_generation(self, listed: GenerationRow) -> bool:
        """Start TrainModel on an open generation whose execution failed, or never started."""
        row = GENERATIONS.read(self.registry, listed.production, listed.id)
        if row is None or row.status != GenerationStatus.OPEN or not is_tried_again(row):
            return False
        if is_held(row, self.executions):
            return False
        if self.clock() - row.body.last_prepared_at < timedelta(seconds=self.quiet_seconds):
            return False
        return start_again_by_itself(
            row,
            registry=self.registry,
            studio=self.studio,
            executions=self.executions,
            clock=self.clock,
            machine_arn=self.train_model_arn,
        )
