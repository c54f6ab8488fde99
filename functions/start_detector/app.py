"""PrepareFilm: schedule the end of the Custom Labels model that the finder asks, and start it."""

from onmodel.contracts.detectors import DetectorStarted, StartDetectorRequest
from onmodel.environment import (
    Buckets,
    DetectorEnd,
    FilmPace,
    Models,
    RegistryTable,
    Schedules,
    SpendLimit,
)
from onmodel.handler import lambda_handler
from onmodel.steps.start_detector import StartDetector
from onmodel.wiring import now, services

wired = services(Buckets, DetectorEnd, FilmPace, Models, RegistryTable, Schedules, SpendLimit)


@lambda_handler(StartDetectorRequest)
def handler(request: StartDetectorRequest) -> DetectorStarted:
    return StartDetector(
        studio=wired.studio,
        registry=wired.registry,
        detectors=wired.detectors,
        scheduler=wired.scheduler,
        clock=now,
        prices=wired.prices,
        spend_limit_usd=wired.environment.read(SpendLimit).spend_limit_usd,
        projects=wired.environment.read(Models).detector_projects,
        poll_seconds=wired.environment.read(FilmPace).poll_seconds,
        stop_detector_arn=wired.environment.read(DetectorEnd).stop_detector_arn,
    ).start(request)
