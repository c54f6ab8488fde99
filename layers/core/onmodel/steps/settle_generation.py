"""Wait until a generation is quiet: no new film, and no film of the production in preparation."""

from __future__ import annotations

import math
from datetime import timedelta

from onmodel.contracts.film_rows import RunStatus
from onmodel.contracts.generations import Settled, SettleGenerationRequest
from onmodel.contracts.rows import GenerationStatus
from onmodel.deployments.deletion import why_forbidden
from onmodel.errors import EventRefused, RunClaimed
from onmodel.films.settings import settings_in_force
from onmodel.ports.machines import Clock, Executions
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.registry.kinds import GENERATIONS, RUNS, GenerationRow
from onmodel.steps.claim_run import wait_seconds


def settle_generation(
    request: SettleGenerationRequest,
    *,
    registry: Registry,
    studio: ObjectStore,
    executions: Executions,
    clock: Clock,
    quiet_seconds: float,
    poll_seconds: float,
) -> Settled:
    """Claim the generation, and return whether its dataset can be made now.

    Args:
        request: the generation and the execution.
        registry: holds the generation and the production's runs.
        studio: holds the production's settings, whose quiet period counts before the stack's.
        executions: say whether a holder still runs.
        clock: now.
        quiet_seconds: the stack's quiet period.
        poll_seconds: the shortest wait, and the interval at which films in preparation are checked
            at first.

    Raises:
        EventRefused: there is no such generation, or the stack or the production is being deleted.
        RunClaimed: another running execution holds it, or it is closed; ends without a mail.
        Conflict: another function wrote it since it was read; retried by the machine.
    """
    asked = request.generation
    row = GENERATIONS.require(registry, asked.production, asked.generation_id)
    row = _claim(row, request.execution_arn, registry, executions, clock)
    # The claim is written: whoever deletes sees that its holder runs, or is seen here.
    if (why := why_forbidden(registry, asked.production, clock())) is not None:
        raise EventRefused(why)
    if row.status == GenerationStatus.CLOSED:
        return Settled(settled=True, wait_seconds=0)  # an earlier attempt closed it
    settings = settings_in_force(asked.production, studio)
    if settings.training.quiet_minutes is not None:
        quiet_seconds = settings.training.quiet_minutes * 60
    age = clock() - row.body.last_prepared_at
    # With a clock that is behind the writer's, wait no longer than the period itself.
    left = min(quiet_seconds, quiet_seconds - age / timedelta(seconds=1))
    if left > 0:
        return Settled(settled=False, wait_seconds=math.ceil(max(poll_seconds, left)))
    if _is_film_on_its_way(asked.production, registry, executions):
        waited = (clock() - row.created_at).total_seconds()
        return Settled(settled=False, wait_seconds=film_wait_seconds(poll_seconds, waited))
    return Settled(settled=True, wait_seconds=0)


def film_wait_seconds(poll_seconds: float, waited_seconds: float) -> int:
    """Until films in preparation are looked at again: longer, the longer it has waited.

    A check uses 9 of the execution's 25,000 events, and films may wait for a week for their turn.

    Args:
        poll_seconds: at least.
        waited_seconds: since the generation was opened.
    """
    longer = wait_seconds(poll_seconds, turns=0, waited_seconds=waited_seconds)
    return math.ceil(max(poll_seconds, longer))


def _claim(
    row: GenerationRow,
    execution_arn: str,
    registry: Registry,
    executions: Executions,
    clock: Clock,
) -> GenerationRow:
    """Raises RunClaimed or Conflict."""
    holder = row.holder
    if holder is not None and holder != execution_arn and executions.is_running(holder):
        raise RunClaimed(f"{row.id} is held by {holder}, which still runs")
    if row.status == GenerationStatus.CLOSED and row.body.dataset_id is None:
        raise RunClaimed(f"{row.id} is closed: {row.body.reason}")
    if holder == execution_arn:
        return row
    return GENERATIONS.replace(registry, row.with_holder(execution_arn), clock())


def _is_film_on_its_way(production: str, registry: Registry, executions: Executions) -> bool:
    return any(
        run.status == RunStatus.RUNNING
        and run.holder is not None
        and executions.is_running(run.holder)
        for run in RUNS.list(registry, production)
    )
