"""Embedder over Titan Multimodal Embeddings on Bedrock."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from onmodel.adapters.faults import translated
from onmodel.contracts.arrays import Vector
from onmodel.errors import AnswerRefused

if TYPE_CHECKING:
    from mypy_boto3_bedrock_runtime.client import BedrockRuntimeClient


class TitanEmbedder:
    """The vector of one picture of at most 25 MB and 2,048 × 2,048 px."""

    def __init__(
        self,
        client: BedrockRuntimeClient,
        model: str = "amazon.titan-embed-image-v1",
        dimensions: int = 1024,
    ) -> None:
        self.model = model
        self.dimensions = dimensions
        self._client = client

    def embed(self, jpeg: bytes) -> Vector:
        request = {
            "inputImage": base64.b64encode(jpeg).decode(),
            "embeddingConfig": {"outputEmbeddingLength": self.dimensions},
        }
        with translated(refused={"ValidationException"}):
            answer = self._client.invoke_model(
                modelId=self.model,
                body=json.dumps(request),
                contentType="application/json",
                accept="application/json",
            )
            body = answer["body"].read()
        return _to_vector(_parse(body), self.dimensions)


def _parse(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError as fault:
        raise AnswerRefused(f"the embedding model answered no JSON: {body[:80]!r}") from fault
    if not isinstance(answer, dict):
        raise AnswerRefused(f"the embedding model answered no object: {body[:80]!r}")
    if answer.get("message"):  # HTTP 200 with an error inside
        raise AnswerRefused(f"the embedding model refused the picture: {answer['message']}")
    return answer


def _to_vector(answer: dict[str, Any], dimensions: int) -> Vector:
    try:
        vector = np.asarray(answer.get("embedding"), dtype=np.float32)
    except (TypeError, ValueError) as fault:
        raise AnswerRefused("the embedding model answered something but numbers") from fault
    if vector.shape != (dimensions,):
        raise AnswerRefused(f"the embedding has the shape {vector.shape}, not ({dimensions},)")
    length = float(np.linalg.norm(vector))
    if not np.isfinite(length) or length == 0.0:
        raise AnswerRefused(f"the embedding has the length {length}")
    return vector / np.float32(length)
