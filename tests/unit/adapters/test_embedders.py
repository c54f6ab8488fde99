from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber

from onmodel.adapters.embedders import (
    BedrockEmbedder,
    NovaEmbedder,
    TitanEmbedder,
    make_embedder,
)
from onmodel.contracts.sampling_settings import EmbeddingSettings
from onmodel.errors import AnswerRefused, SettingsRefused

TITAN = "amazon.titan-embed-image-v1"
NOVA = "amazon.nova-2-multimodal-embeddings-v1:0"
JPEG = base64.b64encode(b"jpeg").decode()
NUMBERS = [3.0, 4.0] + [0.0] * 254

REQUESTS: dict[str, dict[str, Any]] = {
    TITAN: {"inputImage": JPEG, "embeddingConfig": {"outputEmbeddingLength": 256}},
    NOVA: {
        "schemaVersion": "nova-multimodal-embed-v1",
        "taskType": "SINGLE_EMBEDDING",
        "singleEmbeddingParams": {
            "embeddingPurpose": "CLUSTERING",
            "embeddingDimension": 256,
            "image": {"format": "jpeg", "source": {"bytes": JPEG}},
        },
    },
}
"""As AWS documents them."""


def in_shape(model: str, numbers: object) -> dict[str, Any]:
    """A good answer, but for the numbers."""
    if model == TITAN:
        return {"embedding": numbers, "inputTextTokenCount": 0, "message": None}
    return {"embeddings": [{"embeddingType": "IMAGE", "embedding": numbers}]}


def answer(body: bytes) -> dict[str, Any]:
    return {
        "body": StreamingBody(io.BytesIO(body), len(body)),
        "contentType": "application/json",
    }


Stubbed = tuple[BedrockEmbedder, Stubber]


@pytest.fixture
def titan(aws) -> Iterator[Stubbed]:
    client = aws("bedrock-runtime")
    with Stubber(client) as stub:
        yield make_embedder(client, EmbeddingSettings(model=TITAN, dimensions=256)), stub


@pytest.fixture
def nova(aws) -> Iterator[Stubbed]:
    client = aws("bedrock-runtime")
    with Stubber(client) as stub:
        yield make_embedder(client, EmbeddingSettings(model=NOVA, dimensions=256)), stub


@pytest.fixture(params=["titan", "nova"])
def either(request: pytest.FixtureRequest) -> Stubbed:
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize(
    ("model", "kind"),
    [(TITAN, TitanEmbedder), (f"{TITAN}:0", TitanEmbedder), (NOVA, NovaEmbedder)],
)
def test_make_when_a_model_is_known_then_the_embedder_of_its_family(aws, model, kind) -> None:
    made = make_embedder(aws("bedrock-runtime"), EmbeddingSettings(model=model, dimensions=384))
    assert type(made) is kind
    assert (made.model, made.dimensions) == (model, 384)


@pytest.mark.parametrize("model", ["cohere.embed-v4:0", "amazon.titan-embed-text-v2:0"])
def test_make_when_a_model_is_not_known_then_refused_with_its_name(aws, model: str) -> None:
    with pytest.raises(SettingsRefused, match=model) as refusal:
        make_embedder(aws("bedrock-runtime"), EmbeddingSettings(model=model))
    assert "EmbeddingModelId" in refusal.value.advice


def test_embed_when_called_then_the_documented_request_and_a_unit_vector(either: Stubbed) -> None:
    embedder, stub = either
    stub.add_response(
        "invoke_model",
        answer(json.dumps(in_shape(embedder.model, NUMBERS)).encode()),
        {
            "modelId": embedder.model,
            "body": json.dumps(REQUESTS[embedder.model]),
            "contentType": "application/json",
            "accept": "application/json",
        },
    )
    vector = embedder.embed(b"jpeg")
    assert vector.dtype == np.float32
    assert vector[:3].tolist() == pytest.approx([0.6, 0.8, 0.0])


@pytest.mark.parametrize(
    "numbers",
    [None, [1.0] * 255, [0.0] * 256, [float("nan")] * 256, ["a"] * 256, [[1.0]] * 256, {}],
)
def test_embed_when_the_numbers_are_no_vector_then_refused(either: Stubbed, numbers) -> None:
    embedder, stub = either
    body = json.dumps(in_shape(embedder.model, numbers)).encode()
    stub.add_response("invoke_model", answer(body))
    with pytest.raises(AnswerRefused):
        embedder.embed(b"jpeg")


@pytest.mark.parametrize("body", ["{}", "[1.0]", "<html>gateway</html>", ""])
def test_embed_when_the_answer_has_another_form_then_refused(either: Stubbed, body: str) -> None:
    embedder, stub = either
    stub.add_response("invoke_model", answer(body.encode()))
    with pytest.raises(AnswerRefused):
        embedder.embed(b"jpeg")


@pytest.mark.parametrize(
    ("model", "other"),
    [("titan", NOVA), ("nova", TITAN)],
)
def test_embed_when_the_other_models_shape_is_answered_then_refused(
    model: str, other: str, request: pytest.FixtureRequest
) -> None:
    embedder, stub = request.getfixturevalue(model)
    stub.add_response("invoke_model", answer(json.dumps(in_shape(other, NUMBERS)).encode()))
    with pytest.raises(AnswerRefused):
        embedder.embed(b"jpeg")


@pytest.mark.parametrize(
    "body",
    [
        {"embedding": None, "message": "the image is invalid"},
        {"embedding": NUMBERS, "message": "half an answer"},
    ],
)
def test_titan_when_an_error_is_inside_the_answer_then_refused(titan: Stubbed, body) -> None:
    embedder, stub = titan
    stub.add_response("invoke_model", answer(json.dumps(body).encode()))
    with pytest.raises(AnswerRefused, match=body["message"]):
        embedder.embed(b"jpeg")


@pytest.mark.parametrize(
    "embeddings",
    [
        [],
        [{"embeddingType": "TEXT", "embedding": NUMBERS}],
        [{"embeddingType": "IMAGE", "embedding": NUMBERS}] * 2,
        "IMAGE",
    ],
)
def test_nova_when_it_is_not_the_vector_of_one_picture_then_refused(
    nova: Stubbed, embeddings
) -> None:
    embedder, stub = nova
    stub.add_response("invoke_model", answer(json.dumps({"embeddings": embeddings}).encode()))
    with pytest.raises(AnswerRefused, match="gave no vector"):
        embedder.embed(b"jpeg")


def test_embed_when_picture_is_refused_then_refused(either: Stubbed) -> None:
    embedder, stub = either
    stub.add_client_error("invoke_model", "ValidationException")
    with pytest.raises(AnswerRefused):
        embedder.embed(b"text")
