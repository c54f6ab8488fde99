from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import pytest

from onmodel_local.standins.errors import ServiceFault
from onmodel_local.standins.nova_embeddings import NovaEmbeddings
from onmodel_local.standins.titan import Titan

PIXELS = np.random.default_rng(1).integers(0, 256, (90, 120, 3), dtype=np.uint8)
JPEG = base64.b64encode(cv2.imencode(".jpg", PIXELS)[1].tobytes()).decode()


class Here:
    """Runs a function in this process."""

    async def run(self, function: Any, *arguments: Any) -> Any:
        return function(*arguments)


@pytest.fixture
def nova() -> Iterator[NovaEmbeddings]:
    processes: Any = Here()
    yield NovaEmbeddings(processes)


def request(**changes: Any) -> dict[str, Any]:
    parameters = {
        "embeddingPurpose": "CLUSTERING",
        "embeddingDimension": 1024,
        "image": {"format": "jpeg", "source": {"bytes": JPEG}},
    }
    return {"taskType": "SINGLE_EMBEDDING", "singleEmbeddingParams": parameters | changes}


@pytest.mark.parametrize("length", [256, 384, 1024, 3072])
def test_invoke_when_a_picture_is_embedded_then_one_unit_vector(nova, length: int) -> None:
    answer = asyncio.run(nova.invoke(request(embeddingDimension=length), None))
    (found,) = answer["embeddings"]
    assert found["embeddingType"] == "IMAGE"
    assert len(found["embedding"]) == length
    assert np.linalg.norm(found["embedding"]) == pytest.approx(1, abs=1e-4)


def test_invoke_when_titan_embeds_the_same_picture_then_the_vectors_do_not_agree(nova) -> None:
    ours = asyncio.run(nova.invoke(request(), None))["embeddings"][0]["embedding"]
    here: Any = Here()
    theirs = asyncio.run(Titan(here).invoke({"inputImage": JPEG}, None))["embedding"]
    assert len(ours) == len(theirs)
    assert float(np.dot(ours, theirs)) < 0.5


@pytest.mark.parametrize(
    "body",
    [
        None,
        {},
        {"inputImage": JPEG, "embeddingConfig": {"outputEmbeddingLength": 256}},
        request() | {"taskType": "SEGMENTED_EMBEDDING"},
        request() | {"schemaVersion": "2"},
        request(embeddingPurpose="NAMING"),
        request(embeddingDimension=512),
        request(image={"format": "jpg", "source": {"bytes": JPEG}}),
        request(image={"format": "jpeg", "source": {"bytes": "no base64!"}}),
        request(image={"format": "jpeg", "source": {"bytes": base64.b64encode(b"x").decode()}}),
        request(image={"format": "jpeg", "source": JPEG}),
        request(image=None),
        request(unknown=1),
    ],
)
def test_invoke_when_the_request_is_bad_then_validation_exception(nova, body: Any) -> None:
    with pytest.raises(ServiceFault) as fault:
        asyncio.run(nova.invoke(body, None))
    assert fault.value.code == "ValidationException"
