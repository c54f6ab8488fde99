"""A connection whose stack is in memory: an upload is routed and prepared at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from drawn.films import draw_film
from fakes.films_in_memory import FilmsInMemory
from fakes.labels import FakeLabels, figure
from fakes.training_in_memory import TrainingInMemory
from functions import variables_of_the_template

from onmodel.contracts.datasets import DatasetRef
from onmodel.environment import Environment
from onmodel_cli.connection import Connection


class FakeS3:
    """upload_file of boto3; the stack's machines work inside the call."""

    def __init__(self, world: FilmsInMemory) -> None:
        self.world = world
        self.uploaded: list[str] = []
        self.after: Callable[[str], None] = self.prepare

    def upload_file(
        self,
        path: str,
        bucket: str,
        key: str,
        *,
        Config: Any,  # noqa: N803
        Callback: Callable[[int], None],  # noqa: N803
        ExtraArgs: dict[str, str],  # noqa: N803
    ) -> None:
        assert ExtraArgs == {"ChecksumAlgorithm": "CRC64NVME"}
        body = Path(path).read_bytes()
        Callback(len(body))
        self.uploaded.append(key)
        self.world.upload(key, body)
        self.after(key)

    def prepare(self, key: str) -> None:
        answer = self.world.route(self.world.event(key))
        if answer.outcome == "started":
            self.world.prepare(self.world.started())


@pytest.fixture(scope="session")
def captioned() -> tuple[TrainingInMemory, DatasetRef]:
    """A dataset of eight captioned pictures of two characters; to be copied, not changed."""
    world = TrainingInMemory()
    return world, world.captioned()


@pytest.fixture
def world() -> FilmsInMemory:
    return FilmsInMemory(FakeLabels((figure(0.3, 0.2, 0.3, 0.6),)))


@pytest.fixture
def connection(world: FilmsInMemory) -> Connection:
    variables = variables_of_the_template() | {
        "UPLOADS_BUCKET": "uploads", "STUDIO_BUCKET": "studio", "REGISTRY_TABLE": "registry",
        "CACHE_TABLE": "cache", "TOPIC_ARN": "arn:aws:sns:us-east-1:123456789012:t",
        "PREPARE_FILM_ARN": "arn:aws:states:us-east-1:123456789012:stateMachine:PrepareFilm",
        "TRAIN_MODEL_ARN": "arn:aws:states:us-east-1:123456789012:stateMachine:TrainModel",
        "DEPLOY_MODEL_ARN": "arn:aws:states:us-east-1:123456789012:stateMachine:DeployModel",
        "RETIRE_MODEL_ARN": "arn:aws:states:us-east-1:123456789012:stateMachine:RetireModel",
    }  # fmt: skip
    made = Connection("onmodel", "us-east-1", Environment(variables), local=True)
    services = made.services
    vars(services).update(
        _s3=FakeS3(world),
        uploads=world.uploads,
        studio=world.studio,
        registry=world.registry,
        executions=world.executions,
        face_collections=getattr(world, "collections", None),
    )
    services.client = lambda _service: vars(services)["_s3"]  # type: ignore[method-assign]
    return made


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("films") / "mira.mp4"
    draw_film(path, seconds=4, size=(1280, 720), fps=12, gop=12)
    return path


@pytest.fixture(scope="session")
def picture() -> bytes:
    """A PNG of noise: large enough for a reference."""
    noise = np.random.default_rng(1).integers(0, 255, (96, 96, 3), dtype=np.uint8)
    return cv2.imencode(".png", noise)[1].tobytes()
