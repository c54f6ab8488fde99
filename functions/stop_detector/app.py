"""PrepareFilm, and the schedule: a film does not need its Custom Labels model any more."""

from onmodel.contracts.detectors import StopDetectorRequest
from onmodel.environment import Buckets, RegistryTable, Schedules
from onmodel.handler import lambda_handler
from onmodel.steps.stop_detector import stop_detector
from onmodel.wiring import now, services

wired = services(Buckets, RegistryTable, Schedules)


@lambda_handler(StopDetectorRequest)
def handler(request: StopDetectorRequest) -> None:
    stop_detector(
        request,
        studio=wired.studio,
        registry=wired.registry,
        detectors=wired.detectors,
        scheduler=wired.scheduler,
        clock=now,
    )
