"""End a run that cannot go on: say why, and leave nothing half-done."""

from __future__ import annotations

import json

from onmodel.contracts.requests import Refusal, RefuseFilmRequest, StateError
from onmodel.keys import FilmKeys
from onmodel.ports import Clock, ObjectStore, Registry
from onmodel.records import Kind, RunBody, RunStatus

REFUSALS = frozenset({"FilmRefused", "SettingsRefused", "ReferenceRefused"})
"""Errors that only a person can heal: a clear end. Anything else is a failure of ours."""

TRY_AGAIN = "Upload the film again: what was finished and paid for is kept and used again"


def refuse_film(
    request: RefuseFilmRequest, *, registry: Registry, studio: ObjectStore, clock: Clock
) -> Refusal:
    """Write the reason to the run's row and delete its half-done objects.

    Finished chunks of a failed run stay, for the next attempt; those of a refused film go.
    """
    run, now = request.run, clock()
    refused = request.error.Error in REFUSALS
    answer = Refusal(status="refused" if refused else "failed")
    record = registry.get(run.production, Kind.RUN, run.run_id)
    if record is None or record.holder != request.execution_arn:
        return answer  # another execution took over: its objects are not ours to delete
    keys = FilmKeys.of(run)
    studio.delete_prefix(f"{keys.run}/")
    if refused:
        studio.delete_prefix(f"{keys.samples}/")
    body = RunBody(
        run=run,
        execution_arn=request.execution_arn,
        reason=reason(request.error),
        advice="" if refused else TRY_AGAIN,
    )
    registry.replace(
        record.model_copy(
            update={
                "status": RunStatus.REFUSED if refused else RunStatus.FAILED,
                "holder": None,
                "updated_at": now,
                "body": body.model_dump(mode="json"),
            }
        )
    )
    return answer


def reason(error: StateError) -> str:
    """The message of an error as Step Functions caught it: Lambda's JSON, or plain text."""
    try:
        cause = json.loads(error.Cause)
    except ValueError:
        cause = None
    if isinstance(cause, dict) and cause.get("errorMessage"):
        return str(cause["errorMessage"])
    return f"{error.Error}: {error.Cause}" if error.Cause else error.Error
