"""End a run that cannot go on: record the reason, and delete its unfinished objects."""

from __future__ import annotations

from onmodel.contracts.film_rows import RunBody, RunStatus
from onmodel.contracts.films import Refusal, RefuseFilmRequest, StateError
from onmodel.contracts.keys import FilmKeys
from onmodel.errors import NotFound, message_of, plain_reason
from onmodel.films.places import free_place
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.registry.kinds import RUNS

REFUSALS = frozenset({"FilmRefused", "SettingsRefused", "ReferenceRefused"})
"""Errors that a person must correct: the film is refused. After any other error it has failed."""

MAP_FAILED = "States.ExceedToleratedFailureThreshold"
"""The error of Step Functions when a child of a map failed."""

TRY_AGAIN = "Upload the film again: what was finished and paid for is kept and used again"


def refuse_film(
    request: RefuseFilmRequest, *, registry: Registry, studio: ObjectStore, clock: Clock
) -> Refusal:
    """Write the reason to the run's row, delete what a refused film left, and free its place.

    Those of a failed run stay: the next attempt uses them, and to find the fault its functions can
    be called with the same events.
    """
    refusal = _record(request, registry, studio, clock)
    free_place(registry, request.run, clock, request.execution_arn)
    return refusal


def _record(
    request: RefuseFilmRequest, registry: Registry, studio: ObjectStore, clock: Clock
) -> Refusal:
    run, now = request.run, clock()
    keys = FilmKeys.of(run)
    row = RUNS.read(registry, run.production, run.run_id)
    if row is None or row.holder != request.execution_arn:
        # another execution holds the run, or this is a repeat: do not delete objects
        ended = row is not None and row.status == RunStatus.REFUSED
        return Refusal(status="refused" if ended else "failed")
    error = request.error
    if error.Error == MAP_FAILED:  # only in this state: a chunk's fault may have passed in a retry
        error = _told_by_a_chunk(keys, studio) or error
    refused = error.Error in REFUSALS
    studio.delete_prefix(keys.refusal)  # the next attempt must not end with this one's reason
    if refused:
        studio.delete_prefix(f"{keys.run}/")
        studio.delete_prefix(f"{keys.samples}/")
    body = RunBody(
        run=run,
        execution_arn=request.execution_arn,
        reason=message_of(error.Error, error.Cause),
        plain_reason=plain_reason(error.Error, error.Cause),
        advice="" if refused else TRY_AGAIN,
    )
    status = RunStatus.REFUSED if refused else RunStatus.FAILED
    RUNS.replace(registry, row.with_status(status).with_holder(None).with_body(body), now)
    return Refusal(status="refused" if refused else "failed")


def _told_by_a_chunk(keys: FilmKeys, studio: ObjectStore) -> StateError | None:
    """Why a chunk failed; the map's own error only says that a child failed."""
    try:
        return StateError.from_stored(studio.get(keys.refusal))
    except NotFound:
        return None
