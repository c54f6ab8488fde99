"""Claim a run, so that a film is prepared once even if its event arrives twice."""

from __future__ import annotations

from onmodel.contracts.films import ClaimRunRequest
from onmodel.contracts.rows import RunBody, RunStatus
from onmodel.errors import RunClaimed
from onmodel.ports.machines import Clock, Executions
from onmodel.ports.registry import Registry
from onmodel.registry.kinds import RUNS


def claim_run(
    request: ClaimRunRequest, *, registry: Registry, executions: Executions, clock: Clock
) -> None:
    """Make this execution the run's holder.

    The row holds the execution's ARN. Another execution may claim it when that one no longer runs.

    Raises:
        RunClaimed: the run is prepared already, or another running execution holds it.
        Conflict: another execution claimed at the same moment; retried by the machine.
    """
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
