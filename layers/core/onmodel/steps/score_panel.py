"""Score a panel's pictures: likeness to characters, to training pictures, and to the scene."""

from __future__ import annotations

import numpy as np

from onmodel.contracts.datasets import DatasetItem
from onmodel.contracts.keys import DatasetKeys, StoryboardKeys
from onmodel.contracts.panels import (
    DrawnPanel,
    DrawnPicture,
    PanelItem,
    PanelItemRequest,
    PanelScore,
)
from onmodel.contracts.settings import Settings
from onmodel.errors import NotFound
from onmodel.formats.jsonl import read_lines
from onmodel.formats.npy import from_npy, to_npy
from onmodel.money.usage import UsageMeter
from onmodel.ports.finder import FinderOf
from onmodel.ports.models import CaptionModel, EmbedderOf
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.registry.kinds import DEPLOYMENTS, TRAININGS
from onmodel.storyboards.measuring import Compared, PanelMeasurer
from onmodel.storyboards.picture_questions import PictureQuestions
from onmodel.storyboards.scene_questions import read_questions
from onmodel.vision.decoding import decode_picture


def score_panel(
    request: PanelItemRequest,
    *,
    registry: Registry,
    studio: ObjectStore,
    embedder: EmbedderOf,
    finder: FinderOf,
    meter: UsageMeter,
    embedding_model: str,
    question_model: CaptionModel,
) -> None:
    """Write the scores into panels/<nn>.json, and the vectors that they are made of beside it.

    A panel without a picture has none, nor has one of a production without a dataset.

    Vectors of two models are never compared: when the stack calls another embedding model than the
    one that the dataset's vectors are of, the panel says so instead of a score.

    Args:
        request: the panel.
        registry: holds the rows of deployments and trainings.
        studio: holds the panel, its pictures and the dataset.
        embedder: makes the embedder; its paid calls are cached and counted by `meter`.
        finder: makes the finder of figures, likewise.
        meter: what was paid for and what was reused.
        embedding_model: the only one that the stack's functions may call.
        question_model: answers the questions that write_questions wrote; caches and counts too.

    Raises:
        NotFound: the panel was never drawn, or its dataset does not exist any more.
    """
    item = request.item
    keys = StoryboardKeys(item.production, item.name, item.take)
    panel = DrawnPanel.from_stored(studio.get(keys.panel(item.panel)))
    if all(picture.score for picture in panel.pictures):  # none, or a repeat: what was paid stands
        return
    dataset = _dataset(item, registry)
    if dataset is None:
        return
    settings = Settings.from_stored(studio.get(dataset.settings))
    if settings.embedding.model != embedding_model:
        why = (
            f"Not compared with the training pictures: their vectors are of"
            f" {settings.embedding.model}, and this stack calls {embedding_model}"
        )
        told = panel.model_copy(update={"not_scored": why})
        studio.put(keys.panel(item.panel), told.model_dump_json().encode(), "application/json")
        return
    own = Settings.from_stored(studio.get(keys.settings))
    measurer = PanelMeasurer(
        compared=Compared(
            items=read_lines(DatasetItem, studio.get(dataset.items)),
            vectors=from_npy(studio.get(dataset.vectors)),
            copy_threshold=own.storyboard.copy_threshold,
        ),
        studio=studio,
        embedder=embedder(settings.embedding),
        finder=finder(settings.finder.of_pictures),
        crop=settings.crop,
        finding=settings.finder,
        questions=PictureQuestions.of_panel(
            question_model, item.planned, read_questions(studio, keys).by_scene
        ),
    )
    pictures = tuple(
        picture.model_copy(update={"score": _score(picture, panel, measurer, studio)})
        for picture in panel.pictures
    )
    vectors = np.stack(measurer.vectors)
    studio.put(keys.panel_vectors(item.panel), to_npy(vectors), "application/octet-stream")
    scored = panel.model_copy(update={"pictures": pictures, "usage": meter.usage()})
    studio.put(keys.panel(item.panel), scored.model_dump_json().encode(), "application/json")


def _score(
    picture: DrawnPicture, panel: DrawnPanel, measurer: PanelMeasurer, studio: ObjectStore
) -> PanelScore:
    pixels = decode_picture(studio.get(picture.key)).pixels
    return measurer.measure(pixels, panel.planned.characters)


def _dataset(item: PanelItem, registry: Registry) -> DatasetKeys | None:
    """None for a panel that is drawn without a model, of a production without a dataset."""
    if item.dataset_id is not None:
        return DatasetKeys(item.production, item.dataset_id)
    if item.deployment_id is None:
        return None
    deployment = DEPLOYMENTS.require(registry, item.production, item.deployment_id)
    training_id = deployment.body.training_id
    training = TRAININGS.read(registry, item.production, training_id)
    if training is None:
        raise NotFound(f"No training {training_id} in production {item.production}")
    return DatasetKeys(item.production, training.body.dataset_id)
