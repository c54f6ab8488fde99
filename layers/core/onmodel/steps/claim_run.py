"""Take the lease on a run, so that one film is prepared once whatever arrives twice."""

from __future__ import annotations

from onmodel.contracts.films import ClaimRunRequest
from onmodel.contracts.rows import Kind, RunBody, RunStatus
from onmodel.errors import RunClaimed
from onmodel.ports.machines import Clock, Executions
from onmodel.ports.registry import Record, Registry


def claim_run(
    request: ClaimRunRequest, *, registry: Registry, executions: Executions, clock: Clock
) -> None:
    """Make this execution the run's holder.

    The lease holds an execution's ARN. It is taken over when that execution no longer runs.

    Raises:
        RunClaimed: the run is prepared already, or another execution that is alive holds it.
        Conflict: another execution claimed at the same moment; retried by the machine.
    """
    run, now = request.run, clock()
    record = registry.get(run.production, Kind.RUN, run.run_id)
    body = RunBody(run=run, execution_arn=request.execution_arn).model_dump(mode="json")
    claimed = {
        "status": RunStatus.RUNNING,
        "holder": request.execution_arn,
        "updated_at": now,
        "body": body,
    }
    if record is None:
        registry.create(
            Record.model_validate(
                {
                    "production": run.production,
                    "kind": Kind.RUN,
                    "id": run.run_id,
                    "created_at": now,
                }
                | claimed
            )
        )
        return
    if record.holder == request.execution_arn:
        return
    if record.status == RunStatus.PREPARED:
        raise RunClaimed(f"{run.run_id} is prepared already")
    if record.holder is not None and executions.is_running(record.holder):
        raise RunClaimed(f"{run.run_id} is held by {record.holder}, which still runs")
    registry.replace(record.model_copy(update=claimed))
