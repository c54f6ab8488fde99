"""The hours that a Custom Labels model bills, in equal shares for the films that need it."""

from __future__ import annotations

from datetime import datetime, timedelta

from onmodel.contracts.detectors import DetectorBody, DetectorStage
from onmodel.ports.detectors import DetectorState, DetectorStatus
from onmodel.registry.kinds import DetectorRow


def with_unit_hours(body: DetectorBody, now: datetime) -> DetectorBody:
    """The body with all hours up to now: in equal shares for the films that need the model."""
    since = body.counted_until
    if since is None or not body.is_ours or now <= since:
        return body
    hours = (now - since) / timedelta(hours=1) * body.units
    needing = [lease for lease in body.leases if lease.until > since]
    if not needing:
        return body.model_copy(
            update={"counted_until": now, "other_unit_hours": body.other_unit_hours + hours}
        )
    leases = tuple(
        lease.model_copy(update={"unit_hours": lease.unit_hours + hours / len(needing)})
        if lease in needing
        else lease
        for lease in body.leases
    )
    return body.model_copy(update={"counted_until": now, "leases": leases})


def with_hours(row: DetectorRow, now: datetime) -> DetectorRow:
    """See `with_unit_hours`."""
    return row.with_body(with_unit_hours(row.body, now))


def did_not_run(stage: DetectorStage, state: DetectorState | None) -> bool:
    """Whether a model has not run since its hours were counted: it starts, or did not start."""
    if stage == DetectorStage.RUNNING:
        return False
    if state is None or state.status in {DetectorStatus.STARTING, DetectorStatus.FAILED}:
        return True
    return stage == DetectorStage.STARTING and state.status == DetectorStatus.READY
