"""A production whose trainer deploys nothing: its storyboards are drawn by jobs."""

from __future__ import annotations

import cv2
from fakes.deployment_in_memory import TRAINING
from fakes.drawing_in_memory import DrawingInMemory, flat
from fakes.jobs_trainer import JobsTrainer
from fakes.trainer import Only

from onmodel.contracts.rows import DatasetBody, DatasetStatus
from onmodel.contracts.storyboards import (
    CheckDrawingRequest,
    DrawingQuoted,
    QuoteDeploymentRequest,
    StartDrawingRequest,
    StoryboardPlanned,
    StoryboardRequest,
)
from onmodel.money.pricebook import PriceBook
from onmodel.registry.kinds import DATASETS, TRAININGS
from onmodel.steps.check_drawing import CheckDrawing
from onmodel.steps.quote_drawing import quote_drawing
from onmodel.steps.start_drawing import StartDrawing

BLUE = cv2.imencode(".png", flat((255, 0, 0)))[1].tobytes()


class JobsInMemory(DrawingInMemory):
    """One training of its trainer is under way."""

    def __init__(self) -> None:
        super().__init__()
        self.trainer: JobsTrainer = JobsTrainer(self.clock)
        TRAININGS.delete(self.registry, self.training)
        self.job = self.begin_training()
        DATASETS.put(
            self.registry, "bunny", TRAINING, status=DatasetStatus.READY, now=self.clock(),
            body=DatasetBody(
                generation_id="g0001", correlation_id="upload-1", pictures=2,
                named={"buck": 1, "frank": 1}, films=("a-1",), to_caption_key="none",
                captions_needed=0,
            ),
        )  # fmt: skip

    def trained(self) -> None:
        """The training is completed, and DeployModel has acted on it."""
        self.trainer.complete(self.job)
        assert self.claim().action == "draw_by_job"

    def quote_drawing(self, plan: StoryboardPlanned, limit: float = 100) -> DrawingQuoted:
        return quote_drawing(
            QuoteDeploymentRequest(storyboard=plan),
            rules=Only(self.trainer),
            prices=PriceBook.load(),
            spend_limit_usd=limit,
        )

    def start_drawing(
        self, plan: StoryboardPlanned, execution: str = "draw-1", first_of: str | None = None
    ) -> StoryboardPlanned:
        request = StoryboardRequest(
            production="bunny",
            storyboard_key=plan.storyboard_key,
            training_id=first_of,
            correlation_id="upload-2",
        )
        return StartDrawing(
            registry=self.registry,
            uploads=self.uploads,
            studio=self.studio,
            trainers=Only(self.trainer),
            clock=self.clock,
        ).start(StartDrawingRequest(request=request, storyboard=plan, execution_arn=execution))

    def check_drawing(self, plan: StoryboardPlanned) -> str:
        return (
            CheckDrawing(
                registry=self.registry,
                studio=self.studio,
                trainers=Only(self.trainer),
                clock=self.clock,
            )
            .check(CheckDrawingRequest(storyboard=plan))
            .state
        )
