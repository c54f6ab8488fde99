"""A Custom Labels model that films start and stop, over services in memory."""

from __future__ import annotations

from typing import Any, Literal

from fakes.detectors import MODEL
from fakes.films_in_memory import FilmsInMemory, run_of
from fakes.scheduler import InMemoryScheduler

from onmodel.contracts.detectors import (
    DetectorStarted,
    DetectorUsage,
    StartDetectorRequest,
    StopDetectorRequest,
)
from onmodel.contracts.films import Run
from onmodel.contracts.finders import CustomLabelsFinderSettings, FinderSettings
from onmodel.contracts.keys import FilmKeys
from onmodel.contracts.settings import Settings
from onmodel.films.detectors import detector_of
from onmodel.money.pricebook import PriceBook
from onmodel.registry.kinds import DetectorRow
from onmodel.steps.start_detector import StartDetector
from onmodel.steps.stop_detector import stop_detector

STOP = "arn:aws:lambda:us-east-1:123456789012:function:onmodel-stop_detector"
PROJECTS = "arn:aws:rekognition:us-east-1:123456789012:project/onmodel-*"


class DetectorInMemory:
    """StartDetector and StopDetector for films by their names, over services in memory."""

    def __init__(self, world: FilmsInMemory, limit_usd: float = 100) -> None:
        self.world = world
        self.scheduler = InMemoryScheduler(world.clock)
        self.limit_usd = limit_usd

    def ask(self, name: str = "a", model: str = MODEL, **settings: Any) -> DetectorStarted:
        run = self.run(name)
        asked = CustomLabelsFinderSettings.model_validate({"model": model} | settings)
        finder = FinderSettings(kind=("custom_labels",), custom_labels=asked)
        body = Settings(finder=finder).model_dump_json().encode()
        self.world.studio.put(FilmKeys.of(run).settings, body, "application/json")
        return StartDetector(
            studio=self.world.studio,
            registry=self.world.registry,
            detectors=self.world.detectors,
            scheduler=self.scheduler,
            clock=self.world.clock,
            prices=PriceBook.load(),
            spend_limit_usd=self.limit_usd,
            projects=PROJECTS,
            poll_seconds=60,
            stop_detector_arn=STOP,
        ).start(StartDetectorRequest(run=run, model=model, execution_arn=f"execution-{name}"))

    def stop(
        self, name: str = "a", why: Literal["sampled", "failed", "time_is_up"] = "sampled"
    ) -> None:
        stop_detector(
            StopDetectorRequest(
                run=self.run(name), model=MODEL, execution_arn=f"execution-{name}", why=why
            ),
            studio=self.world.studio,
            registry=self.world.registry,
            detectors=self.world.detectors,
            scheduler=self.scheduler,
            clock=self.world.clock,
        )

    def share(self, name: str = "a") -> float:
        """Unit hours in the film's bill. Raises NotFound."""
        written = self.world.studio.get(FilmKeys.of(self.run(name)).detector_usage)
        (use,) = DetectorUsage.model_validate_json(written).usage
        return use.paid

    def run(self, name: str) -> Run:
        return run_of(run_id=f"film-{name}")

    def row(self) -> DetectorRow:
        row = detector_of(self.world.registry, MODEL)
        assert row is not None
        return row
