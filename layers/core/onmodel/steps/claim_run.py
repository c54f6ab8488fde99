"""Claim a run, so that a film is prepared once, and a place, so that not too many are at once."""

from __future__ import annotations

from collections.abc import Callable

from onmodel.contracts.film_rows import RunBody, RunStatus
from onmodel.contracts.films import ClaimRunRequest, RunClaim
from onmodel.deployments.deletion import why_forbidden
from onmodel.errors import EventRefused, RunClaimed
from onmodel.films.places import take_place
from onmodel.ports.machines import Clock, Executions
from onmodel.ports.registry import Registry
from onmodel.registry.kinds import RUNS

LONGEST_WAIT_SECONDS = 600.0
"""Between two questions for a place."""

FIRST_SHARE = 1 / 4
"""Of the time between two questions for a model: a short film frees its place after a minute."""

SHARE_OF_THE_WAIT = 1 / 150
"""After hours of waiting a run asks more seldom: an execution has at most 25,000 events."""


def claim_run(
    request: ClaimRunRequest,
    *,
    registry: Registry,
    executions: Executions,
    clock: Clock,
    films_at_once: int,
    poll_seconds: float,
    preflight: Callable[[], tuple[str, ...]],
) -> RunClaim:
    """Make this execution the run's holder, and take a place for it.

    The row holds the execution's ARN. Another execution may claim it when that one no longer runs.
    The machine calls again, after the answered wait, until the run has a place. A run asks more
    seldom while many films come before it.

    Args:
        request: run and execution.
        registry: holds the rows of runs and of places.
        executions: tells whether a holder still runs.
        clock: gives the time of the claim.
        films_at_once: how many places there are.
        poll_seconds: between two questions for the state of a model.
        preflight: is called when the run has a place: raises to refuse it, and returns notices for
            the mail about the film.

    Raises:
        EventRefused: the stack or the production is being deleted.
        FilmModelRefused: by `preflight`.
        RunClaimed: the run is prepared already, or another running execution holds it.
        Conflict: another execution claimed at the same moment; retried by the machine.
    """
    _hold(request, registry, executions, clock)
    run = request.run
    # The row is written: whoever deletes sees that its holder runs, or is seen here.
    if (why := why_forbidden(registry, run.production, clock())) is not None:
        raise EventRefused(why)
    places = take_place(registry, run, request.execution_arn, at_once=films_at_once, clock=clock)
    before = places.before(run.production, run.run_id)
    if before == 0:
        _note(request, preflight(), registry, clock)
    counted = places.place_of(run.production, run.run_id)
    waited = (clock() - counted.since).total_seconds() if counted else 0.0
    turns = max(0, before - 1) // films_at_once
    return RunClaim(
        has_place=before == 0,
        before=before,
        wait_seconds=wait_seconds(poll_seconds, turns, waited),
    )


def _note(
    request: ClaimRunRequest, notices: tuple[str, ...], registry: Registry, clock: Clock
) -> None:
    if not notices:
        return
    row = RUNS.require(registry, request.run.production, request.run.run_id)
    if row.body.notices != notices:
        RUNS.replace(registry, row.with_fields(notices=notices), clock())


def wait_seconds(poll_seconds: float, turns: int, waited_seconds: float) -> int:
    """How long a run waits before it asks again: longer the later it can get a place.

    Args:
        poll_seconds: between two questions for the state of a model.
        turns: how often all places must be free first.
        waited_seconds: so far.
    """
    wait = max(1.0, poll_seconds * FIRST_SHARE * (1 + turns), waited_seconds * SHARE_OF_THE_WAIT)
    return round(min(LONGEST_WAIT_SECONDS, wait))


def _hold(
    request: ClaimRunRequest, registry: Registry, executions: Executions, clock: Clock
) -> None:
    run, now = request.run, clock()
    row = RUNS.read(registry, run.production, run.run_id)
    body = RunBody(run=run, execution_arn=request.execution_arn)
    if row is None:
        RUNS.create(
            registry,
            run.production,
            run.run_id,
            status=RunStatus.RUNNING,
            body=body,
            now=now,
            holder=request.execution_arn,
        )
        return
    if row.holder == request.execution_arn:
        return
    if row.status == RunStatus.PREPARED:
        raise RunClaimed(f"{run.run_id} is prepared already")
    if row.holder is not None and executions.is_running(row.holder):
        raise RunClaimed(f"{run.run_id} is held by {row.holder}, which still runs")
    claimed = row.with_status(RunStatus.RUNNING).with_holder(request.execution_arn)
    RUNS.replace(registry, claimed.with_body(body), now)
