"""Record a film as prepared, so that its crops are used for the next dataset."""

from __future__ import annotations

from onmodel.contracts.film_rows import FilmBody, RunStatus
from onmodel.contracts.films import FilmSummary, Run, RunRequest
from onmodel.contracts.keys import FilmKeys
from onmodel.films.places import free_place
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.registry.kinds import FILMS, RUNS


def finish_film(
    request: RunRequest, *, registry: Registry, studio: ObjectStore, clock: Clock
) -> None:
    """Name this run in the film's row, mark the run prepared, and free its place.

    Raises:
        EventRefused: the run was never claimed.
        Conflict: another function wrote the row since it was read; retried by the machine.
    """
    _record(request.run, registry, studio, clock)
    free_place(registry, request.run, clock)


def _record(run: Run, registry: Registry, studio: ObjectStore, clock: Clock) -> None:
    now = clock()
    row = RUNS.require(registry, run.production, run.run_id)
    if row.status == RunStatus.PREPARED:
        return
    keys = FilmKeys.of(run)
    summary = FilmSummary.from_stored(studio.get(keys.summary))
    film = FILMS.read(registry, run.production, run.film_id)
    size = summary.facts.size_bytes
    body = (
        FilmBody(title=run.title, source=run.source, size_bytes=size, run=run)
        if film is None  # claimed before films were recorded at their upload
        else film.body.model_copy(update={"run": run})
    )
    FILMS.put(registry, run.production, run.film_id, status=RunStatus.PREPARED, body=body, now=now)
    prepared = (
        row.with_status(RunStatus.PREPARED)
        .with_holder(None)
        .with_fields(crops_kept=summary.crops_kept, estimated_usd=summary.estimated_usd)
    )
    RUNS.replace(registry, prepared, now)
