"""A model in service and what it was trained on: what DrawStoryboard stands on."""

from __future__ import annotations

from functools import partial

import cv2
import numpy as np
from fakes.cache import InMemoryCache
from fakes.caption_model import FakeCaptionModel
from fakes.deployment_in_memory import (
    PRICES,
    PROVISION_MINUTES,
    TRAINING,
    DeploymentInMemory,
)
from fakes.embedder import FakeEmbedder
from fakes.faces import FakeFaces
from fakes.image_model import FakeImageModel
from fakes.labels import FakeLabels
from fakes.question_model import FakeQuestionModel
from fakes.trainer import Only

from onmodel.contracts.base import Box
from onmodel.contracts.characters import Character
from onmodel.contracts.datasets import DatasetItem
from onmodel.contracts.deployments import DeploymentStatus
from onmodel.contracts.keys import DatasetKeys, StoryboardKeys, accepted_settings_key
from onmodel.contracts.panels import DrawnPanel, PanelItem, PanelItemRequest
from onmodel.contracts.questions import StoryboardQuestions
from onmodel.contracts.sampling_settings import EmbeddingSettings
from onmodel.contracts.settings import Settings
from onmodel.contracts.storyboards import (
    PlanStoryboardRequest,
    PublishGalleryRequest,
    QuoteDeploymentRequest,
    StoryboardPlanned,
    StoryboardRequest,
    WriteQuestionsRequest,
)
from onmodel.finders import FinderServices, make_finder
from onmodel.formats.jsonl import read_lines, write_lines
from onmodel.formats.npy import to_npy
from onmodel.money.result_cache import CachedAnswers
from onmodel.money.usage import UsageMeter
from onmodel.ports.models import Embedder
from onmodel.steps.draw_panel import draw_panel
from onmodel.steps.plan_storyboard import PlanStoryboard
from onmodel.steps.publish_gallery import PublishGallery
from onmodel.steps.quote_deployment import quote_deployment
from onmodel.steps.score_panel import score_panel
from onmodel.steps.write_questions import write_questions
from onmodel.storyboards.scene_questions import read_questions

KEY = "bunny/storyboards/Forest day.yaml"
BOARD = b"""
title: A day in the forest
style: soft 3D animation
size: 512x512
scenes:
  - Buck smiles
  - text: Frank waits
    seed: 99
"""
CAST = {
    "buck": Character(name="Buck", description="a large grey rabbit"),
    "frank": Character(name="Frank", description="a flying squirrel"),
}


def flat(colour: tuple[int, int, int]) -> np.ndarray:
    return np.full((512, 512, 3), colour, np.uint8)


class DrawingInMemory(DeploymentInMemory):
    def __init__(self, image_model: FakeImageModel | None = None) -> None:
        super().__init__()
        self.image_model = image_model or FakeImageModel()
        self.meter = UsageMeter()
        self.labels = FakeLabels()
        self.questions = FakeQuestionModel()
        self.cache = InMemoryCache(clock=self.clock)
        self.finding = FinderServices(
            labels=lambda: self.labels,
            faces=FakeFaces,
            grounding=lambda _: FakeCaptionModel(),
            custom_labels=lambda _: self.labels,
        )
        self.settings = Settings(characters=CAST)
        self.studio.put(
            accepted_settings_key("bunny"), self.settings.model_dump_json().encode(), "text/json"
        )
        self._dataset()

    def embedder(self, settings: EmbeddingSettings) -> Embedder:
        return FakeEmbedder(settings.dimensions)

    def _dataset(self) -> None:
        """One picture of each character: blue Buck, red Frank."""
        keys = DatasetKeys("bunny", TRAINING)
        embedder = self.embedder(self.settings.embedding)
        items, vectors = [], []
        for number, (name, colour) in enumerate(
            {"buck": (255, 0, 0), "frank": (0, 0, 255)}.items()
        ):
            png = cv2.imencode(".png", flat(colour))[1].tobytes()
            key = keys.picture(f"crop-{number}", "png")
            self.studio.put(key, png, "image/png")
            vectors.append(embedder.embed(png))
            box = Box(left=0, top=0, width=512, height=512)
            items.append(
                DatasetItem(
                    crop_id=f"crop-{number}", film_id="a-1", character=name, timecode_seconds=1,
                    shot=number, box=box, width=512, height=512, quality=1, key=key,
                )
            )  # fmt: skip
        self.studio.put(keys.items, write_lines(items), "application/jsonl")
        self.studio.put(keys.vectors, to_npy(np.stack(vectors)), "application/octet-stream")
        self.studio.put(keys.settings, self.settings.model_dump_json().encode(), "text/json")

    def serve(self) -> None:
        self.creating()
        (ref,) = self.trainer.deployments
        self.trainer.move(ref, DeploymentStatus.IN_SERVICE)
        assert self.check() == "in_service"

    def upload(self, text: bytes = BOARD, key: str = KEY) -> None:
        self.uploads.put(key, text, "application/yaml")

    def plan(
        self,
        key: str | None = KEY,
        deployment: str | None = None,
        execution: str = "draw-1",
        version: str | None = None,
    ) -> StoryboardPlanned:
        request = StoryboardRequest(
            production="bunny",
            storyboard_key=key,
            storyboard_version=version,
            deployment_id=deployment,
            correlation_id="upload-2",
        )
        return PlanStoryboard(
            registry=self.registry,
            uploads=self.uploads,
            studio=self.studio,
            rules=Only(self.trainer),
            clock=self.clock,
        ).plan(PlanStoryboardRequest(request=request, execution_arn=execution))

    def items(self, plan: StoryboardPlanned) -> tuple[PanelItem, ...]:
        assert plan.panels_key is not None
        return read_lines(PanelItem, self.studio.get(plan.panels_key))

    def draw(self, item: PanelItem) -> DrawnPanel:
        draw_panel(
            PanelItemRequest(item=item),
            registry=self.registry,
            studio=self.studio,
            trainers=Only(self.trainer),
            image_model=lambda _: self.image_model,
        )
        return self.panel(item)

    def write_questions(self, plan: StoryboardPlanned) -> StoryboardQuestions:
        write_questions(
            WriteQuestionsRequest(storyboard=plan),
            registry=self.registry,
            studio=self.studio,
            model=self.question_model(),
            meter=self.meter,
        )
        assert plan.take is not None
        return read_questions(self.studio, StoryboardKeys("bunny", plan.name, plan.take))

    def question_model(self) -> CachedAnswers:
        return CachedAnswers(self.questions, {}, self.cache, self.meter)

    def score(
        self, item: PanelItem, embedding_model: str = EmbeddingSettings().model
    ) -> DrawnPanel:
        score_panel(
            PanelItemRequest(item=item),
            registry=self.registry,
            studio=self.studio,
            embedder=self.embedder,
            finder=partial(make_finder, services=self.finding),
            meter=self.meter,
            embedding_model=embedding_model,
            question_model=self.question_model(),
        )
        return self.panel(item)

    def panel(self, item: PanelItem) -> DrawnPanel:
        keys = StoryboardKeys(item.production, item.name, item.take)
        return DrawnPanel.model_validate_json(self.studio.get(keys.panel(item.panel)))

    def publish(self, plan: StoryboardPlanned) -> str:
        """The page."""
        PublishGallery(
            registry=self.registry,
            uploads=self.uploads,
            studio=self.studio,
            rules=Only(self.trainer),
            prices=PRICES,
            clock=self.clock,
        ).publish(PublishGalleryRequest(storyboard=plan, execution_arn="draw-1"))
        assert plan.take is not None
        keys = StoryboardKeys("bunny", plan.name, plan.take)
        return self.studio.get(keys.gallery).decode()

    def quote(self, plan: StoryboardPlanned, longest_hours: float = 2) -> float | None:
        return quote_deployment(
            QuoteDeploymentRequest(storyboard=plan),
            studio=self.studio,
            rules=Only(self.trainer),
            prices=PRICES,
            longest_hours=longest_hours,
            provision_minutes=PROVISION_MINUTES,
        ).usd
