"""A film does not need its Custom Labels model any more: stop it, unless another film does."""

from __future__ import annotations

from onmodel.contracts.base import Usage
from onmodel.contracts.detectors import DetectorUsage, StopDetectorRequest
from onmodel.contracts.keys import FilmKeys
from onmodel.films.detectors import detector_of, end_lease, share_of, stop_if_unneeded
from onmodel.money.finder_usage import CUSTOM_LABELS_HOUR
from onmodel.ports.detectors import Detectors
from onmodel.ports.machines import Clock, Scheduler
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.steps.start_detector import lease_schedule_name


def stop_detector(
    request: StopDetectorRequest,
    *,
    studio: ObjectStore,
    registry: Registry,
    detectors: Detectors,
    scheduler: Scheduler,
    clock: Clock,
) -> None:
    """End the film's lease, write its share of the cost, and stop the model after the last lease.

    When its time is up the lease stays until the film's execution ends: it does not keep the model
    running any more, and the film does not get another.

    Without a row, which somebody deleted or the film was refused before, nothing says whose the
    model is: the schedule stops it, which only a model that onmodel started has.

    Raises:
        Conflict: the model cannot be stopped yet, or other functions wrote the row; retried.
        Throttled, ServiceUnavailable: retried by the machine; later reconcile stops the model.
    """
    model, execution = request.model, request.execution_arn
    if detector_of(registry, model) is None:
        if request.why == "time_is_up":
            detectors.stop(model)
        return
    if request.why != "time_is_up":
        is_billed = request.why == "sampled"
        if is_billed:
            _write_share(request, share_of(registry, model, execution, clock), studio)
        end_lease(registry, model, execution, is_billed=is_billed, clock=clock)
    stop_if_unneeded(registry, detectors, model, clock)
    if request.why != "time_is_up":
        scheduler.delete(lease_schedule_name(execution))


def _write_share(
    request: StopDetectorRequest, unit_hours: float | None, studio: ObjectStore
) -> None:
    """Before the lease ends: a repeat that finds none leaves what was written."""
    if unit_hours is None:
        return
    usage = DetectorUsage(usage=(Usage(item=CUSTOM_LABELS_HOUR, paid=unit_hours),))
    key = FilmKeys.of(request.run).detector_usage
    studio.put(key, usage.model_dump_json().encode(), "application/json")
