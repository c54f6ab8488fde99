"""Titan Multimodal Embeddings: the exact shapes, vectors from pixels and words."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import Any

import numpy as np

from onmodel_local.standins.errors import ServiceFault
from onmodel_local.standins.picture_analysis import picture_size, picture_vector
from onmodel_local.standins.picture_processes import PictureProcesses
from onmodel_local.vision.pictures import PictureUnreadableError

MODEL = "amazon.titan-embed-image-v1"
LENGTHS = (256, 384, 1024)
MOST_BYTES = 25 * 1024 * 1024
MOST_SIDE = 2048
_FIELDS = {"inputText", "inputImage", "embeddingConfig"}


class Titan:
    """The model behind InvokeModel."""

    def __init__(self, processes: PictureProcesses) -> None:
        self._processes = processes

    async def invoke(self, body: Any, odd: str | None) -> dict[str, Any]:  # noqa: ANN401 - JSON
        """The model's JSON answer.

        Args:
            body: the request's JSON.
            odd: "message" answers with an error inside HTTP 200, as the model documents.

        Raises:
            ServiceFault: ValidationException.
        """
        length = _checked(body)
        if odd == "message":
            message = "Internal error while processing the image (simulated)"
            return {"embedding": None, "inputTextTokenCount": 0, "message": message}
        text = body.get("inputText")
        vectors = []
        if body.get("inputImage") is not None:
            vectors.append(await self._picture(body["inputImage"], length))
        if text:
            vectors.append(_words(text, length))
        mean = np.mean(np.array(vectors), axis=0)
        unit = mean / (np.linalg.norm(mean) + 1e-9)
        tokens = len(re.findall(r"\w+|[^\w\s]", text or ""))
        embedding = [float(value) for value in unit]
        return {"embedding": embedding, "inputTextTokenCount": tokens, "message": None}

    async def _picture(self, encoded: str, length: int) -> list[float]:
        try:
            picture = base64.b64decode(encoded, validate=True)
        except (binascii.Error, TypeError, ValueError) as fault:
            raise ServiceFault("ValidationException", "Invalid Base64 image") from fault
        if len(picture) > MOST_BYTES:
            raise ServiceFault("ValidationException", "Image is larger than 25 MB")
        try:
            if max(await self._processes.run(picture_size, picture)) > MOST_SIDE:
                raise ServiceFault("ValidationException", "Image exceeds 2048 x 2048 pixels")
            return await self._processes.run(picture_vector, picture, length)
        except PictureUnreadableError as fault:
            raise ServiceFault("ValidationException", "Unable to process the image") from fault


def _checked(body: Any) -> int:  # noqa: ANN401 - JSON
    """The requested length, after the checks that AWS makes."""
    if not isinstance(body, dict) or not set(body) <= _FIELDS:
        unknown = sorted(set(body) - _FIELDS) if isinstance(body, dict) else "no object"
        raise ServiceFault(
            "ValidationException",
            f"Malformed input request: extraneous key {unknown} refused",
        )
    if not body.get("inputText") and body.get("inputImage") is None:
        raise ServiceFault("ValidationException", "inputText or inputImage is required")
    length = (body.get("embeddingConfig") or {}).get("outputEmbeddingLength", 1024)
    if length not in LENGTHS:
        raise ServiceFault(
            "ValidationException",
            f"Malformed input request: {length} is not a valid enum value, please use {LENGTHS}",
        )
    return int(length)


def _words(text: str, length: int) -> list[float]:
    """A unit vector of the text's words: equal words, equal directions. Meaning is not used."""
    total = np.zeros(length)
    for word in re.findall(r"\w+", text.lower()) or [text]:
        seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], "big")
        total += np.random.default_rng(seed).standard_normal(length)
    return [float(value) for value in total / (np.linalg.norm(total) + 1e-9)]
