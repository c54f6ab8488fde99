"""Nova Multimodal Embeddings, for one picture or text at a time: the documented shapes."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from onmodel_local.standins.errors import ServiceFault
from onmodel_local.standins.picture_analysis import picture_vector
from onmodel_local.standins.picture_processes import PictureProcesses
from onmodel_local.vision.pictures import PictureUnreadableError

LENGTHS = (256, 384, 1024, 3072)
PURPOSES = frozenset(
    {
        "GENERIC_INDEX",
        "GENERIC_RETRIEVAL",
        "TEXT_RETRIEVAL",
        "IMAGE_RETRIEVAL",
        "VIDEO_RETRIEVAL",
        "DOCUMENT_RETRIEVAL",
        "AUDIO_RETRIEVAL",
        "CLASSIFICATION",
        "CLUSTERING",
    }
)
FORMATS = frozenset({"png", "jpeg", "gif", "webp"})
SCHEMA = "nova-multimodal-embed-v1"
_FIELDS = frozenset({"schemaVersion", "taskType", "singleEmbeddingParams"})
_PARAMETERS = frozenset({"embeddingPurpose", "embeddingDimension", "image"})
_IMAGE = frozenset({"detailLevel", "format", "source"})


class NovaEmbeddings:
    """The model behind InvokeModel; of its inputs, pictures in the request alone are simulated."""

    def __init__(self, processes: PictureProcesses) -> None:
        self._processes = processes

    async def invoke(self, body: Any, _odd: str | None) -> dict[str, Any]:  # noqa: ANN401 - JSON
        """The model's JSON answer. Raises ServiceFault: ValidationException."""
        picture, length = _checked(body)
        try:
            vector = await self._processes.run(picture_vector, picture, length)
        except PictureUnreadableError as fault:
            raise _invalid("the image cannot be processed") from fault
        # reversed: as far from the stand-in of Titan as two models are from each other
        return {"embeddings": [{"embeddingType": "IMAGE", "embedding": vector[::-1]}]}


def _checked(body: Any) -> tuple[bytes, int]:  # noqa: ANN401 - JSON
    """The picture and the length of its vector."""
    request = _object(body, _FIELDS, "the request")
    if request.get("schemaVersion", SCHEMA) != SCHEMA:
        raise _invalid(f"schemaVersion is not {SCHEMA}")
    if request.get("taskType") != "SINGLE_EMBEDDING":
        raise _invalid("taskType is not SINGLE_EMBEDDING")
    parameters = _object(request.get("singleEmbeddingParams"), _PARAMETERS, "singleEmbeddingParams")
    if parameters.get("embeddingPurpose") not in PURPOSES:
        raise _invalid(f"embeddingPurpose is none of {sorted(PURPOSES)}")
    length = parameters.get("embeddingDimension", LENGTHS[-1])
    if length not in LENGTHS:
        raise _invalid(f"embeddingDimension is none of {LENGTHS}")
    image = _object(parameters.get("image"), _IMAGE, "image")
    if image.get("format") not in FORMATS:
        raise _invalid(f"the image's format is none of {sorted(FORMATS)}")
    source = _object(image.get("source"), frozenset({"bytes"}), "source")
    try:
        return base64.b64decode(source["bytes"], validate=True), int(length)
    except (binascii.Error, KeyError, TypeError, ValueError) as fault:
        raise _invalid("the image's bytes are not base64") from fault


def _object(value: Any, fields: frozenset[str], name: str) -> dict[str, Any]:  # noqa: ANN401
    if not isinstance(value, dict) or not set(value) <= fields:
        raise _invalid(f"{name} has to be an object with some of {sorted(fields)}")
    return value


def _invalid(words: str) -> ServiceFault:
    return ServiceFault("ValidationException", f"Malformed input request: {words} (simulated)")
