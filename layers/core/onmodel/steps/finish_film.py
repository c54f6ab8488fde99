"""Record a prepared film: from here on its crops count for the next dataset."""

from __future__ import annotations

from onmodel.contracts.films import FilmSummary, RunRequest
from onmodel.contracts.keys import FilmKeys
from onmodel.contracts.rows import FilmBody, Kind, RunBody, RunStatus
from onmodel.errors import EventRefused
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.registry.rows import upsert


def finish_film(
    request: RunRequest, *, registry: Registry, studio: ObjectStore, clock: Clock
) -> None:
    """Point the film at this run, then mark the run prepared and give its lease back.

    Raises:
        EventRefused: the run was never claimed.
        Conflict: somebody else wrote the row meanwhile; retried by the machine.
    """
    run, now = request.run, clock()
    record = registry.get(run.production, Kind.RUN, run.run_id)
    if record is None:
        raise EventRefused(f"Run {run.run_id} was never claimed")
    if record.status == RunStatus.PREPARED:
        return
    keys = FilmKeys.of(run)
    summary = FilmSummary.model_validate_json(studio.get(keys.summary))
    film = FilmBody(
        title=run.title, source=run.source, size_bytes=summary.facts.size_bytes, run=run
    )
    upsert(
        registry,
        production=run.production,
        kind=Kind.FILM,
        id=run.film_id,
        status=RunStatus.PREPARED,
        body=film,
        now=now,
    )
    body = RunBody.model_validate(record.body).model_copy(
        update={"crops_kept": summary.crops_kept, "estimated_usd": summary.estimated_usd}
    )
    registry.replace(
        record.model_copy(
            update={
                "status": RunStatus.PREPARED,
                "holder": None,
                "updated_at": now,
                "body": body.model_dump(mode="json"),
            }
        )
    )
