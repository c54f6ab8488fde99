"""What every Embedder does: the fake, and the adapters of both families of models."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import cv2
import numpy as np
import pytest
from botocore.exceptions import ClientError
from botocore.response import StreamingBody
from fakes.embedder import FakeEmbedder

from onmodel.adapters.embedders import make_embedder
from onmodel.contracts.sampling_settings import EmbeddingSettings
from onmodel.errors import AnswerRefused
from onmodel.ports.models import Embedder

TITAN = "amazon.titan-embed-image-v1"
NOVA = "amazon.nova-2-multimodal-embeddings-v1:0"


class FakeRuntime:
    """Answers InvokeModel in the shape of the model that is called, with numbers of any length."""

    def invoke_model(self, modelId: str, body: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        request = json.loads(body)
        if modelId == NOVA:
            asked = request["singleEmbeddingParams"]
            numbers = self._numbers(asked["image"]["source"]["bytes"], asked["embeddingDimension"])
            answer: Any = {"embeddings": [{"embeddingType": "IMAGE", "embedding": numbers}]}
        else:
            length = request["embeddingConfig"]["outputEmbeddingLength"]
            numbers = self._numbers(request["inputImage"], length)
            answer = {"embedding": numbers, "inputTextTokenCount": 0, "message": None}
        text = json.dumps(answer).encode()
        return {"body": StreamingBody(io.BytesIO(text), len(text))}

    def _numbers(self, picture: str, length: int) -> list[float]:
        try:
            unit = FakeEmbedder(length).embed(base64.b64decode(picture, validate=True))
        except AnswerRefused as fault:
            error = {"Error": {"Code": "ValidationException", "Message": str(fault)}}
            raise ClientError(error, "InvokeModel") from fault  # type: ignore[arg-type]
        return [float(value) * 7 for value in unit]


@pytest.fixture(params=["fake", TITAN, NOVA])
def embedder(request: pytest.FixtureRequest) -> Embedder:
    if request.param == "fake":
        return FakeEmbedder(256)
    runtime: Any = FakeRuntime()
    return make_embedder(runtime, EmbeddingSettings(model=request.param, dimensions=256))


def picture(seed: int, noise: float = 0.0) -> bytes:
    tiles = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    big = cv2.resize(tiles, (256, 256), interpolation=cv2.INTER_NEAREST).astype(float)
    big += np.random.default_rng(99).normal(0, 1, big.shape) * noise
    ok, jpeg = cv2.imencode(".jpg", np.clip(big, 0, 255).astype(np.uint8))
    assert ok
    return jpeg.tobytes()


def test_embed_when_answered_then_unit_float32_of_its_dimensions(embedder: Embedder) -> None:
    vector = embedder.embed(picture(1))
    assert embedder.dimensions == 256
    assert (vector.shape, vector.dtype) == ((256,), np.float32)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_embed_when_repeated_then_the_same_vector(embedder: Embedder) -> None:
    assert np.array_equal(embedder.embed(picture(1)), embedder.embed(picture(1)))


def test_embed_when_pictures_are_alike_then_so_are_vectors(embedder: Embedder) -> None:
    one = embedder.embed(picture(1))
    assert one @ embedder.embed(picture(1, noise=20)) > 0.95
    assert one @ embedder.embed(picture(2)) < 0.8


def test_embed_when_it_is_no_picture_then_refused(embedder: Embedder) -> None:
    with pytest.raises(AnswerRefused):
        embedder.embed(b"text")
