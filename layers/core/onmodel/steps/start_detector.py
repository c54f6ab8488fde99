"""Start the Custom Labels model that a film needs, after its end was scheduled."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from onmodel.contracts.detectors import (
    DetectorLease,
    DetectorStage,
    DetectorStarted,
    StartDetectorRequest,
    StopDetectorRequest,
)
from onmodel.contracts.finders import CustomLabelsFinderSettings
from onmodel.contracts.keys import FilmKeys, digest
from onmodel.contracts.settings import Settings
from onmodel.deployments.deletion import why_forbidden
from onmodel.errors import AnswerRefused, Conflict, EventRefused, FilmModelRefused, Throttled
from onmodel.films.detector_terms import fault_of_place, fault_of_price, unit_usd_hour, usable
from onmodel.films.detectors import (
    LONGEST_START_CALL,
    begin_start,
    detector_of,
    end_lease,
    note_refused_start,
    note_running,
    note_started,
    note_starting,
    stop_if_unneeded,
    take_lease,
)
from onmodel.money.pricebook import PriceBook
from onmodel.ports.detectors import Detectors, DetectorState, DetectorStatus
from onmodel.ports.machines import Clock, Scheduler
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.registry.kinds import DetectorRow


@dataclass(frozen=True)
class StartDetector:
    """The services that starting needs."""

    studio: ObjectStore
    registry: Registry
    detectors: Detectors
    scheduler: Scheduler
    clock: Clock
    prices: PriceBook
    spend_limit_usd: float
    projects: str
    poll_seconds: float
    stop_detector_arn: str

    def start(self, request: StartDetectorRequest) -> DetectorStarted:
        """Take a lease, schedule the end, start the model if it does not run.

        A repeat changes nothing, and says whether the model runs by now. A model that is being
        stopped after another film is waited for.

        Raises:
            EventRefused: the stack or the production is being deleted.
            FilmModelRefused: the model does not exist, may not be used, may cost more than
            SpendLimitUsd, or cannot be started; or the film's hours are over.
            Conflict: other functions wrote the row during every attempt; retried by the machine.
        """
        wanted = self._settings(request)
        row = self._row(request, wanted)
        if row.status == DetectorStage.STOPPING:
            return self._answer(is_running=False)
        lease = row.body.lease_of(request.execution_arn)
        if lease is None or lease.until <= self.clock():
            raise FilmModelRefused(
                f"The film was not done within {wanted.hours:g} hours after {request.model} was"
                " needed, and it is stopped",
                "Set finder.custom_labels.hours to more",
            )
        if row.body.is_ours:
            self._schedule_end(request, lease)
        self._must_be_allowed(request)
        return self._started(request, wanted, lease)

    def _settings(self, request: StartDetectorRequest) -> CustomLabelsFinderSettings:
        keys = FilmKeys.of(request.run)
        settings = Settings.from_stored(self.studio.get(keys.settings))
        return settings.finder.custom_labels

    def _row(
        self, request: StartDetectorRequest, wanted: CustomLabelsFinderSettings
    ) -> DetectorRow:
        """The row with this film's lease, or `stopping`."""
        model = request.model
        found = detector_of(self.registry, model)
        if found is not None and found.status == DetectorStage.STOPPING:
            with suppress(Conflict):  # it still starts, and can be stopped when it runs
                stop_if_unneeded(self.registry, self.detectors, model, self.clock)
        elif found is not None and found.body.lease_of(request.execution_arn):
            return found
        self._must_be_usable(model, wanted)
        lease = DetectorLease(
            production=request.run.production,
            run_id=request.run.run_id,
            execution_arn=request.execution_arn,
            until=self.clock() + timedelta(hours=wanted.hours),
        )
        self._state(model)  # a model that is not usable gets no row
        schedule = self.scheduler.get(lease_schedule_name(request.execution_arn))
        was_started = found is None and schedule is not None
        return take_lease(self.registry, model, lease, was_started=was_started, clock=self.clock)

    def _must_be_usable(self, model: str, wanted: CustomLabelsFinderSettings) -> None:
        fault = fault_of_place(model, self.projects) or fault_of_price(
            wanted, self.prices, self.spend_limit_usd
        )
        if fault is not None:
            raise FilmModelRefused(*fault)

    def _started(
        self,
        request: StartDetectorRequest,
        wanted: CustomLabelsFinderSettings,
        lease: DetectorLease,
    ) -> DetectorStarted:
        state = self._state(request.model)
        match state.status:
            case DetectorStatus.RUNNING:
                note_running(self.registry, request.model, state.units, self.clock)
                return self._answer(is_running=True)
            case DetectorStatus.STARTING:
                note_starting(self.registry, request.model, self.clock)
            case DetectorStatus.STOPPING:
                pass
            case DetectorStatus.READY:
                self._start(request, wanted, lease)
            case _:  # FAILED, perhaps since before
                self._start_unless_it_failed(request, wanted, lease, state)
        return self._answer(is_running=False)

    def _start_unless_it_failed(
        self,
        request: StartDetectorRequest,
        wanted: CustomLabelsFinderSettings,
        lease: DetectorLease,
        state: DetectorState,
    ) -> None:
        """A model that failed may be started, once for the films that need it now.

        Where a function died after it had announced the start, nobody knows whether the service
        took the call: then it is started again.

        Raises:
            FilmModelRefused: it was started for these films, and failed.
        """
        row = detector_of(self.registry, request.model)
        started = row.body.started_at if row is not None else None
        if started is None:
            self._start(request, wanted, lease)
        elif self.clock() - started >= LONGEST_START_CALL:  # before, it may be shown as it was
            raise FilmModelRefused(
                f"{request.model} did not start: it is {state.said}",
                "Rekognition's console says why. The next upload starts it once more",
            )

    def _start(
        self,
        request: StartDetectorRequest,
        wanted: CustomLabelsFinderSettings,
        lease: DetectorLease,
    ) -> None:
        """The schedule and the row come before the start, also of a model that was another's."""
        self._schedule_end(request, lease)
        row = begin_start(
            self.registry,
            request.model,
            wanted.inference_units,
            unit_usd_hour(self.prices),
            self.clock,
        )
        if row.status != DetectorStage.STARTING or not row.body.is_needed(self.clock()):
            return  # no film needed it any more in between: asked again after the wait
        self._must_be_allowed(request)
        try:
            self.detectors.start(request.model, wanted.inference_units)
            note_started(self.registry, row, self.clock)
        except Throttled:
            note_refused_start(self.registry, row, self.clock)
            raise
        except AnswerRefused as refusal:
            note_refused_start(self.registry, row, self.clock)
            raise FilmModelRefused(
                f"AWS does not start {request.model} now: {refusal}",
                "Stop another model, or ask AWS for more inference units at once",
            ) from refusal

    def _schedule_end(self, request: StartDetectorRequest, lease: DetectorLease) -> None:
        payload = StopDetectorRequest(
            run=request.run,
            model=request.model,
            execution_arn=request.execution_arn,
            why="time_is_up",
        )
        self.scheduler.at(
            lease_schedule_name(request.execution_arn),
            lease.until,
            self.stop_detector_arn,
            payload.model_dump(mode="json"),
        )

    def _must_be_allowed(self, request: StartDetectorRequest) -> None:
        """The lease is written: whoever deletes sees it, or is seen here."""
        forbidden = why_forbidden(self.registry, request.run.production, self.clock())
        if forbidden is None:
            return
        end_lease(
            self.registry, request.model, request.execution_arn, is_billed=False, clock=self.clock
        )
        with suppress(Conflict):  # it starts still: who deletes, or reconcile, stops it later
            stop_if_unneeded(self.registry, self.detectors, request.model, self.clock)
        raise EventRefused(forbidden)

    def _state(self, model: str) -> DetectorState:
        return usable(model, self.detectors.look(model))

    def _answer(self, *, is_running: bool) -> DetectorStarted:
        return DetectorStarted(is_running=is_running, wait_seconds=max(1, round(self.poll_seconds)))


def lease_schedule_name(execution_arn: str) -> str:
    """The name of the one-time schedule that ends a film's lease, within the stack's own group."""
    return f"stop-detector-{digest(execution_arn, 16)}"
