from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber
from fakes.embedder import FakeEmbedder

from onmodel.adapters.titan import TitanEmbedder
from onmodel.errors import AnswerRefused
from onmodel.ports.models import Embedder

MODEL = "amazon.titan-embed-image-v1"


def answer(body: bytes) -> dict:
    return {
        "body": StreamingBody(io.BytesIO(body), len(body)),
        "contentType": "application/json",
    }


@pytest.fixture
def titan(aws) -> Iterator[tuple[TitanEmbedder, Stubber]]:
    client = aws("bedrock-runtime")
    with Stubber(client) as stub:
        yield TitanEmbedder(client, MODEL, 256), stub


def test_embed_when_answered_then_unit_float32(titan) -> None:
    embedder, stub = titan
    numbers = [3.0, 4.0] + [0.0] * 254
    body = json.dumps({"embedding": numbers, "inputTextTokenCount": 0, "message": None})
    request = {
        "inputImage": base64.b64encode(b"jpeg").decode(),
        "embeddingConfig": {"outputEmbeddingLength": 256},
    }
    stub.add_response(
        "invoke_model",
        answer(body.encode()),
        {
            "modelId": MODEL,
            "body": json.dumps(request),
            "contentType": "application/json",
            "accept": "application/json",
        },
    )
    vector = embedder.embed(b"jpeg")
    assert vector.dtype == np.float32
    assert vector[:3].tolist() == pytest.approx([0.6, 0.8, 0.0])


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"embedding": None, "message": "the image is invalid"}),
        json.dumps({"embedding": [1.0] * 256, "message": "half an answer"}),
        json.dumps({"embedding": [1.0] * 255}),
        json.dumps({"embedding": [0.0] * 256}),
        json.dumps({"embedding": [float("nan")] * 256}),
        json.dumps({"embedding": ["a"] * 256}),
        json.dumps({"embedding": [[1.0]] * 256}),
        json.dumps({}),
        json.dumps([1.0]),
        "<html>gateway</html>",
        "",
    ],
)
def test_embed_when_answer_is_no_vector_then_refused(titan, body: str) -> None:
    embedder, stub = titan
    stub.add_response("invoke_model", answer(body.encode()))
    with pytest.raises(AnswerRefused):
        embedder.embed(b"jpeg")


def test_embed_when_picture_is_refused_then_refused(titan) -> None:
    embedder, stub = titan
    stub.add_client_error("invoke_model", "ValidationException")
    with pytest.raises(AnswerRefused):
        embedder.embed(b"text")


def picture(seed: int, noise: float = 0.0) -> bytes:
    tiles = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    big = cv2.resize(tiles, (256, 256), interpolation=cv2.INTER_NEAREST).astype(float)
    big += np.random.default_rng(99).normal(0, 1, big.shape) * noise
    ok, jpeg = cv2.imencode(".jpg", np.clip(big, 0, 255).astype(np.uint8))
    assert ok
    return jpeg.tobytes()


def test_fake_when_pictures_are_alike_then_so_are_vectors() -> None:
    fake: Embedder = FakeEmbedder()
    one = fake.embed(picture(1))
    assert one.shape == (256,)
    assert one.dtype == np.float32
    assert np.linalg.norm(one) == pytest.approx(1, abs=1e-5)
    assert np.array_equal(one, FakeEmbedder().embed(picture(1)))
    assert one @ fake.embed(picture(1, noise=20)) > 0.95
    assert one @ fake.embed(picture(2)) < 0.8


def test_fake_when_no_picture_then_refused() -> None:
    with pytest.raises(AnswerRefused):
        FakeEmbedder().embed(b"text")
