"""The stand-in of face collections, by the shapes of botocore's model."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import pytest

from onmodel_local.standins.face_collections import SimulatedFaceCollections
from onmodel_local.standins.faults import CallControl
from onmodel_local.standins.picture_analysis import MeasuredPicture
from onmodel_local.standins.service import StandIn
from onmodel_local.vision.face_vectors import SAME_PERSON, SURELY_SAME, similarity_percent
from onmodel_local.vision.grid import Face, GridBox
from onmodel_local.vision.pictures import Light

ANNA, BEN = [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]
VECTORS = {b"anna": ANNA, b"anna again": [0.98, 0.199, 0.0], b"ben": BEN, b"tree": []}


async def analysed(image: dict[str, Any], _: Any) -> tuple[MeasuredPicture, list[float]]:
    vector = VECTORS[image["Bytes"]]
    faces = (Face(GridBox(10, 10, 60, 70), 0.9),) if vector else ()
    light = Light(brightness=50.0, sharpness=50.0, contrast=50.0)
    return MeasuredPicture(640, 360, light, faces=faces), vector


@pytest.fixture
def ask():
    collections = SimulatedFaceCollections(analysed, "123456789012", "us-east-1")
    stand_in = StandIn(
        "rekognition", collections.operations(), "InvalidParameterException", CallControl()
    )

    def call(operation: str, **request: Any) -> tuple[int, dict[str, Any]]:
        headers = {"x-amz-target": f"RekognitionService.{operation}", "authorization": ""}
        body = json.dumps(request).encode()
        status, _, answer = asyncio.run(stand_in.handle("POST", "/", headers, body, {}))
        return status, json.loads(answer)

    return call


def image(content: bytes) -> dict[str, str]:
    return {"Bytes": base64.b64encode(content).decode()}


def test_collection_when_made_twice_and_deleted_then_as_aws_answers(ask) -> None:
    status, made = ask("CreateCollection", CollectionId="films.bunny.1")
    assert status == 200
    assert made["CollectionArn"].endswith(":123456789012:collection/films.bunny.1")
    status, again = ask("CreateCollection", CollectionId="films.bunny.1")
    assert (status, again["__type"]) == (400, "ResourceAlreadyExistsException")
    assert ask("ListCollections")[1]["CollectionIds"] == ["films.bunny.1"]
    assert ask("DeleteCollection", CollectionId="films.bunny.1")[1] == {"StatusCode": 200}
    status, gone = ask("DeleteCollection", CollectionId="films.bunny.1")
    assert (status, gone["__type"]) == (400, "ResourceNotFoundException")


def test_search_when_a_face_is_known_then_its_external_id_and_how_alike(ask) -> None:
    ask("CreateCollection", CollectionId="c")
    for name, content in (("a", b"anna"), ("b", b"ben")):
        _, added = ask(
            "IndexFaces", CollectionId="c", Image=image(content), ExternalImageId=name, MaxFaces=1
        )
        assert [record["Face"]["ExternalImageId"] for record in added["FaceRecords"]] == [name]
    _, listed = ask("ListFaces", CollectionId="c")
    assert sorted(face["ExternalImageId"] for face in listed["Faces"]) == ["a", "b"]
    _, found = ask("SearchFacesByImage", CollectionId="c", Image=image(b"anna again"))
    (match,) = found["FaceMatches"]
    assert match["Face"]["ExternalImageId"] == "a"
    assert match["Similarity"] > 99


def test_search_when_there_is_no_face_then_an_invalid_parameter(ask) -> None:
    ask("CreateCollection", CollectionId="c")
    status, answer = ask("SearchFacesByImage", CollectionId="c", Image=image(b"tree"))
    assert (status, answer["__type"]) == (400, "InvalidParameterException")
    assert "no faces" in answer["message"]


def test_index_when_there_is_no_face_then_no_record(ask) -> None:
    ask("CreateCollection", CollectionId="c")
    _, answer = ask("IndexFaces", CollectionId="c", Image=image(b"tree"))
    assert answer["FaceRecords"] == []
    assert ask("DescribeCollection", CollectionId="c")[1]["FaceCount"] == 0


@pytest.mark.parametrize("operation", ["IndexFaces", "ListFaces", "SearchFacesByImage"])
def test_any_when_there_is_no_collection_then_not_found(ask, operation: str) -> None:
    picture = {} if operation == "ListFaces" else {"Image": image(b"anna")}
    status, answer = ask(operation, CollectionId="gone", **picture)
    assert (status, answer["__type"]) == (400, "ResourceNotFoundException")


def test_faces_when_they_are_many_then_page_by_page(ask) -> None:
    ask("CreateCollection", CollectionId="c")
    for name in ("a", "b", "c"):
        ask("IndexFaces", CollectionId="c", Image=image(b"anna"), ExternalImageId=name)
    _, first = ask("ListFaces", CollectionId="c", MaxResults=2)
    _, second = ask("ListFaces", CollectionId="c", MaxResults=2, NextToken=first["NextToken"])
    ids = [face["ExternalImageId"] for page in (first, second) for face in page["Faces"]]
    assert ids == ["a", "b", "c"]
    assert "NextToken" not in second


@pytest.mark.parametrize(
    ("cosine", "percent"), [(SAME_PERSON, 80), (SURELY_SAME, 99), (1.0, 99.99), (-1.0, 0)]
)
def test_similarity_when_vectors_are_so_alike_then_as_rekognition_would_say(
    cosine: float, percent: float
) -> None:
    other = [cosine, (1 - cosine**2) ** 0.5]
    assert similarity_percent([1.0, 0.0], other) == pytest.approx(percent, abs=0.05)
