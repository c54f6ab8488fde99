"""Embedders over the embedding models on Bedrock; a model's id decides how it is asked."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import numpy as np

from onmodel.adapters.faults import translated
from onmodel.contracts.arrays import Vector
from onmodel.contracts.embedding import NOVA, TITAN, EmbeddingFamily, embedding_family
from onmodel.contracts.sampling_settings import EmbeddingSettings
from onmodel.errors import AnswerRefused, SettingsRefused

if TYPE_CHECKING:
    from mypy_boto3_bedrock_runtime.client import BedrockRuntimeClient

JsonObject = dict[str, Any]


class BedrockEmbedder(ABC):
    """An Embedder that calls InvokeModel; a subclass knows the shapes of one family."""

    def __init__(self, client: BedrockRuntimeClient, model: str, dimensions: int) -> None:
        self.model = model
        self.dimensions = dimensions
        self._client = client

    def embed(self, jpeg: bytes) -> Vector:
        with translated(refused={"ValidationException"}):
            answer = self._client.invoke_model(
                modelId=self.model,
                body=json.dumps(self._request(b64encode(jpeg).decode())),
                contentType="application/json",
                accept="application/json",
            )
            body = answer["body"].read()
        return _to_vector(self._numbers(_parse(body)), self.dimensions)

    @abstractmethod
    def _request(self, picture: str) -> JsonObject:
        """The request for a JPEG in base64."""

    @abstractmethod
    def _numbers(self, answer: JsonObject) -> object:
        """What should be the vector. Raises AnswerRefused for an error inside the answer."""


class TitanEmbedder(BedrockEmbedder):
    """Titan Multimodal Embeddings. A picture has at most 25 MB and 2,048 × 2,048 px."""

    def _request(self, picture: str) -> JsonObject:
        return {
            "inputImage": picture,
            "embeddingConfig": {"outputEmbeddingLength": self.dimensions},
        }

    def _numbers(self, answer: JsonObject) -> object:
        if answer.get("message"):  # HTTP 200 with an error inside
            raise AnswerRefused(f"the embedding model refused the picture: {answer['message']}")
        return answer.get("embedding")


class NovaEmbedder(BedrockEmbedder):
    """Nova Multimodal Embeddings."""

    PURPOSE = "CLUSTERING"  # pictures are compared with each other; there are no queries

    def _request(self, picture: str) -> JsonObject:
        return {
            "schemaVersion": "nova-multimodal-embed-v1",
            "taskType": "SINGLE_EMBEDDING",
            "singleEmbeddingParams": {
                "embeddingPurpose": self.PURPOSE,
                "embeddingDimension": self.dimensions,
                "image": {"format": "jpeg", "source": {"bytes": picture}},
            },
        }

    def _numbers(self, answer: JsonObject) -> object:
        match answer.get("embeddings"):
            case [{"embeddingType": "IMAGE", "embedding": numbers}]:
                return numbers
            case other:
                raise AnswerRefused(f"the embedding model gave no vector: {str(other)[:80]}")


_EMBEDDERS: dict[EmbeddingFamily, type[BedrockEmbedder]] = {
    TITAN: TitanEmbedder,
    NOVA: NovaEmbedder,
}


def make_embedder(client: BedrockRuntimeClient, settings: EmbeddingSettings) -> BedrockEmbedder:
    """The embedder of the model that the settings name.

    Raises:
        SettingsRefused: the model is of no known family.
    """
    family = embedding_family(settings.model)
    if family is None:
        raise SettingsRefused(
            f"the requests of the embedding model {settings.model} are not known",
            "Deploy the stack with another EmbeddingModelId",
        )
    return _EMBEDDERS[family](client, settings.model, settings.dimensions)


def _parse(body: bytes) -> JsonObject:
    try:
        answer = json.loads(body)
    except ValueError as fault:
        raise AnswerRefused(f"the embedding model answered no JSON: {body[:80]!r}") from fault
    if not isinstance(answer, dict):
        raise AnswerRefused(f"the embedding model answered no object: {body[:80]!r}")
    return answer


def _to_vector(numbers: object, dimensions: int) -> Vector:
    try:
        vector = np.asarray(numbers, dtype=np.float32)
    except (TypeError, ValueError) as fault:
        raise AnswerRefused("the embedding model answered something but numbers") from fault
    if vector.shape != (dimensions,):
        raise AnswerRefused(f"the embedding has the shape {vector.shape}, not ({dimensions},)")
    length = float(np.linalg.norm(vector))
    if not np.isfinite(length) or length == 0.0:
        raise AnswerRefused(f"the embedding has the length {length}")
    return vector / np.float32(length)
