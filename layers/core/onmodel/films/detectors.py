"""Films share a Custom Labels model by leases: it is started for the first, stopped after the last.

The row is written before the action: `starting` before the model is started, `stopping` before it
is stopped. Nobody takes a lease of a model that is being stopped. A model that ran before onmodel
needed it is never stopped by onmodel, and costs the films nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from onmodel.contracts.detectors import DetectorBody, DetectorLease, DetectorStage
from onmodel.contracts.finders import MODEL_ARN
from onmodel.contracts.keys import MAIN_PRODUCTION, digest, slug
from onmodel.errors import Conflict
from onmodel.films.detector_hours import did_not_run, with_hours
from onmodel.ports.detectors import Detectors
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Registry
from onmodel.registry.kinds import DETECTORS, DetectorRow

LONGEST_START_CALL = timedelta(minutes=2)
"""The timeout of start_detector is a minute: its call may still start the model."""


def detector_id(model: str) -> str:
    """Id of a model's row, in the partition of production main: productions share models."""
    named = MODEL_ARN.fullmatch(model)
    return f"{slug(named['project'] if named else model)}-{digest(model)}"


def detector_of(registry: Registry, model: str) -> DetectorRow | None:
    return DETECTORS.read(registry, MAIN_PRODUCTION, detector_id(model))


def take_lease(
    registry: Registry, model: str, lease: DetectorLease, *, was_started: bool, clock: Clock
) -> DetectorRow:
    """Note that a film needs a model. It is onmodel's to stop only after `begin_start`.

    Args:
        registry: holds the row.
        model: its ARN.
        lease: of the film; one that this execution has already stays as it is.
        was_started: onmodel started it for this film, and somebody deleted the row since.
        clock: now.

    Returns:
        The row after it. A row that is `stopping` has no lease of this film: try again later.

    Raises:
        Conflict: other functions wrote the row during every attempt.
    """

    def decide(row: DetectorRow) -> DetectorRow | None:
        body = row.body
        if row.status == DetectorStage.STOPPING or body.lease_of(lease.execution_arn):
            return None
        if row.status == DetectorStage.STOPPED:
            row = row.with_status(DetectorStage.STARTING)
            row = row.with_fields(is_ours=was_started, asked_at=None, started_at=None)
        elif row.status == DetectorStage.RUNNING:
            row = with_hours(row, clock())
        return row.with_fields(leases=(*row.body.leases, lease))

    if detector_of(registry, model) is None:
        with suppress(Conflict):  # another film was the first
            DETECTORS.create(
                registry,
                MAIN_PRODUCTION,
                detector_id(model),
                status=DetectorStage.STOPPED,
                body=DetectorBody(model=model, is_ours=False, units=1),
                now=clock(),
            )
    return _change(registry, model, decide, clock)


def begin_start(
    registry: Registry, model: str, units: int, unit_usd_hour: float | None, clock: Clock
) -> DetectorRow:
    """Note that onmodel starts a model, before it does. From now on it is onmodel's to stop."""

    def decide(row: DetectorRow) -> DetectorRow | None:
        if row.status == DetectorStage.STOPPING or not row.body.is_needed(clock()):
            return None
        now = clock()
        if row.status == DetectorStage.RUNNING:  # somebody stopped it under the films
            row = with_hours(row, now)
        return row.with_status(DetectorStage.STARTING).with_fields(
            is_ours=True,
            units=units,
            unit_usd_hour=unit_usd_hour,
            asked_at=now,
            started_at=None,
            counted_until=now,
        )

    return _change(registry, model, decide, clock)


def note_started(registry: Registry, begun: DetectorRow, clock: Clock) -> None:
    """Note that the service took the call that `begun` announces; of another call nothing."""

    def decide(row: DetectorRow) -> DetectorRow | None:
        is_same = row.body.asked_at == begun.body.asked_at
        return row.with_fields(started_at=clock()) if is_same else None

    _change(registry, begun.body.model, decide, clock)


def note_starting(registry: Registry, model: str, clock: Clock) -> None:
    """Note that a model that onmodel started does not run yet: nothing is billed up to now."""

    def decide(row: DetectorRow) -> DetectorRow | None:
        starts = row.status == DetectorStage.STARTING and row.body.is_ours
        return row.with_fields(counted_until=clock()) if starts else None

    _change(registry, model, decide, clock)


def note_refused_start(registry: Registry, begun: DetectorRow, clock: Clock) -> None:
    """Note that the service did not take the call that `begun` announces; another's stays."""

    def decide(row: DetectorRow) -> DetectorRow | None:
        return row.with_fields(asked_at=None) if row.body.asked_at == begun.body.asked_at else None

    _change(registry, begun.body.model, decide, clock)


def note_running(registry: Registry, model: str, units: int | None, clock: Clock) -> DetectorRow:
    """Note that a model runs: AWS bills from then on, by the units that the service names."""

    def decide(row: DetectorRow) -> DetectorRow | None:
        if row.status != DetectorStage.STARTING:
            return None
        return row.with_status(DetectorStage.RUNNING).with_fields(
            counted_until=clock(), units=units or row.body.units
        )

    return _change(registry, model, decide, clock)


def end_lease(
    registry: Registry, model: str, execution_arn: str, *, is_billed: bool, clock: Clock
) -> None:
    """A film does not need the model any more; nothing happens when it has no lease.

    Where `is_billed`, its share is in the film's bill; else it stays in the model's row.
    """
    _end_leases(
        registry, model, lambda lease: lease.execution_arn == execution_arn,
        is_billed=is_billed, clock=clock,
    )  # fmt: skip


def end_leases(
    registry: Registry, model: str, is_over: Callable[[DetectorLease], bool], clock: Clock
) -> None:
    """Likewise for films that ended without saying so; their share stays in the row."""
    _end_leases(registry, model, is_over, is_billed=False, clock=clock)


def share_of(registry: Registry, model: str, execution_arn: str, clock: Clock) -> float | None:
    """A film's share of the unit hours until now; None when it has no lease."""
    row = detector_of(registry, model)
    if row is None:
        return None
    lease = with_hours(row, clock()).body.lease_of(execution_arn)
    return None if lease is None else lease.unit_hours


def stop_if_unneeded(
    registry: Registry, detectors: Detectors, model: str, clock: Clock
) -> DetectorRow | None:
    """Stop a model that onmodel started and no film needs; repeat it until it is `stopped`.

    When a model that no film saw run began to run is not known: its hours count from the last look
    at which it did not.

    Returns:
        The row after it; None when there is none, which says nothing of whose the model is.

    Raises:
        Conflict: the model cannot be stopped now, because it is still starting, or the call that
            starts it may be under way.
        Throttled, ServiceUnavailable, AccessDenied: from the service.
    """

    def decide(row: DetectorRow) -> DetectorRow | None:
        now = clock()
        if row.status == DetectorStage.STOPPED or row.body.is_needed(now):
            return None
        if not row.body.is_ours:
            return row.with_status(DetectorStage.STOPPED)
        since = row.body.stopping_since or now
        counted = (
            row.with_fields(counted_until=now)
            if did_not_run(row.status, before)
            else with_hours(row, now)
        )
        return counted.with_status(DetectorStage.STOPPING).with_fields(stopping_since=since)

    found = detector_of(registry, model)
    if found is None:
        return None
    _must_not_be_starting_now(found, clock())
    if found.status == DetectorStage.STOPPED or found.body.is_needed(clock()):
        return found
    before = detectors.look(model)
    row = _change(registry, model, decide, clock)
    if row.status != DetectorStage.STOPPING:
        return row
    detectors.stop(model)
    after = detectors.look(model)
    is_gone = after is None or not after.bills
    return _change(registry, model, lambda current: _not_billing(current, clock(), is_gone), clock)


def stop_all(
    registry: Registry,
    detectors: Detectors,
    clock: Clock,
    is_over: Callable[[DetectorLease], bool] = lambda _: True,
) -> list[str]:
    """End leases, and stop every model that no film needs then; repeat it until none is left.

    Returns:
        The models that onmodel started and that still bill without being needed.

    Raises:
        Throttled, ServiceUnavailable, AccessDenied: from the service.
    """
    still = []
    for row in DETECTORS.list(registry, MAIN_PRODUCTION):
        model = row.body.model
        if row.status == DetectorStage.STOPPED:
            continue
        end_leases(registry, model, is_over, clock)
        try:
            after = stop_if_unneeded(registry, detectors, model, clock)
        except Conflict:  # it starts still, and is stopped when it runs
            still.append(model)
        else:
            if after is not None and after.status == DetectorStage.STOPPING:
                still.append(model)
    return still


def _must_not_be_starting_now(row: DetectorRow, now: datetime) -> None:
    """A stop that comes before the start would leave a model that runs, and a row `stopped`."""
    asked = row.body.asked_at
    is_recent = asked is not None and now - asked < LONGEST_START_CALL
    if row.status == DetectorStage.STARTING and is_recent and not row.body.is_needed(now):
        raise Conflict(f"{row.body.model} may be starting just now")


def _not_billing(row: DetectorRow, now: datetime, is_gone: bool) -> DetectorRow | None:
    """Hours are counted until the service accepted the stop."""
    if row.status != DetectorStage.STOPPING:
        return None
    ended = with_hours(row, now).with_fields(counted_until=None)
    if not is_gone:
        return ended
    return ended.with_status(DetectorStage.STOPPED).with_fields(
        asked_at=None, started_at=None, stopping_since=None
    )


def _end_leases(
    registry: Registry,
    model: str,
    is_over: Callable[[DetectorLease], bool],
    *,
    is_billed: bool,
    clock: Clock,
) -> None:
    def decide(row: DetectorRow) -> DetectorRow | None:
        if not any(is_over(lease) for lease in row.body.leases):
            return None
        if row.status != DetectorStage.STARTING:
            row = with_hours(row, clock())
        over = [lease for lease in row.body.leases if is_over(lease)]
        kept = tuple(lease for lease in row.body.leases if not is_over(lease))
        unbilled = 0.0 if is_billed else sum(lease.unit_hours for lease in over)
        return row.with_fields(leases=kept, other_unit_hours=row.body.other_unit_hours + unbilled)

    if detector_of(registry, model) is not None:
        _change(registry, model, decide, clock)


def _change(
    registry: Registry,
    model: str,
    decide: Callable[[DetectorRow], DetectorRow | None],
    clock: Clock,
) -> DetectorRow:
    return DETECTORS.change(registry, MAIN_PRODUCTION, detector_id(model), decide, clock)
