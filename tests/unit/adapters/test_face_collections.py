"""What every implementation of FaceCollections promises, and what the adapter asks of AWS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.stub import Stubber
from fakes.faces import InMemoryFaceCollections

from onmodel.adapters.face_collections import RekognitionFaceCollections
from onmodel.errors import AccessDenied, AnswerRefused, NotFound, Throttled
from onmodel.ports.faces import FaceCollections, FaceMatch

IMAGE = {"Bytes": b"jpeg"}
ADD = {
    "CollectionId": "films.bunny.1",
    "Image": IMAGE,
    "ExternalImageId": "f1",
    "MaxFaces": 1,
    "QualityFilter": "AUTO",
    "DetectionAttributes": ["DEFAULT"],
}
SEARCH = {
    "CollectionId": "films.bunny.1",
    "Image": IMAGE,
    "FaceMatchThreshold": 50.0,
    "MaxFaces": 4096,
    "QualityFilter": "NONE",
}


@pytest.fixture
def stubbed(aws) -> Iterator[tuple[RekognitionFaceCollections, Stubber]]:
    client = aws("rekognition")
    with Stubber(client) as stub:
        yield RekognitionFaceCollections(client), stub


def test_create_when_it_exists_then_no_error(stubbed) -> None:
    collections, stub = stubbed
    stub.add_response("create_collection", {}, {"CollectionId": "films.bunny.1"})
    stub.add_client_error("create_collection", "ResourceAlreadyExistsException")
    collections.create("films.bunny.1")
    collections.create("films.bunny.1")
    stub.assert_no_pending_responses()


def test_create_when_denied_then_denied(stubbed) -> None:
    collections, stub = stubbed
    stub.add_client_error("create_collection", "AccessDeniedException")
    with pytest.raises(AccessDenied):
        collections.create("films.bunny.1")


def test_faces_when_on_two_pages_then_all_ids(stubbed) -> None:
    collections, stub = stubbed
    asked = {"CollectionId": "films.bunny.1"}
    first: dict[str, Any] = {"Faces": [{"ExternalImageId": "a"}], "NextToken": "t"}
    stub.add_response("list_faces", first, asked)
    stub.add_response(
        "list_faces", {"Faces": [{"ExternalImageId": "b"}]}, asked | {"NextToken": "t"}
    )
    assert collections.faces("films.bunny.1") == {"a", "b"}


@pytest.mark.parametrize("operation", ["list_faces", "index_faces", "search_faces_by_image"])
def test_any_when_the_collection_was_deleted_then_not_found(stubbed, operation: str) -> None:
    collections, stub = stubbed
    stub.add_client_error(operation, "ResourceNotFoundException")
    call = {
        "list_faces": lambda: collections.faces("c"),
        "index_faces": lambda: collections.add("c", "f", b"jpeg"),
        "search_faces_by_image": lambda: collections.search("c", b"jpeg"),
    }[operation]
    with pytest.raises(NotFound):
        call()


def test_add_when_the_face_is_taken_then_no_reason(stubbed) -> None:
    collections, stub = stubbed
    stub.add_response(
        "index_faces", {"FaceRecords": [{"Face": {"FaceId": "x"}}], "UnindexedFaces": []}, ADD
    )
    assert collections.add("films.bunny.1", "f1", b"jpeg") == ""


@pytest.mark.parametrize(
    ("unindexed", "why"),
    [
        ([{"Reasons": ["LOW_SHARPNESS", "EXTREME_POSE"]}], "low sharpness, extreme pose"),
        ([], "no face"),
    ],
)
def test_add_when_the_face_is_not_taken_then_the_reason(stubbed, unindexed, why: str) -> None:
    collections, stub = stubbed
    stub.add_response("index_faces", {"FaceRecords": [], "UnindexedFaces": unindexed}, ADD)
    assert collections.add("films.bunny.1", "f1", b"jpeg") == why


def test_search_when_faces_are_alike_then_their_ids_and_similarities(stubbed) -> None:
    collections, stub = stubbed
    matches = [{"Similarity": 99.5, "Face": {"FaceId": "x", "ExternalImageId": "f1"}}]
    stub.add_response("search_faces_by_image", {"FaceMatches": matches}, SEARCH)
    found = collections.search("films.bunny.1", b"jpeg")
    assert found == (FaceMatch(face="f1", similarity=99.5),)


def test_search_when_a_face_was_added_by_hand_then_it_is_left_out(stubbed) -> None:
    collections, stub = stubbed
    matches = [
        {"Similarity": 99.9, "Face": {"FaceId": "x"}},
        {"Similarity": 99.5, "Face": {"FaceId": "y", "ExternalImageId": "f1"}},
    ]
    stub.add_response("search_faces_by_image", {"FaceMatches": matches}, SEARCH)
    found = collections.search("films.bunny.1", b"jpeg")
    assert found == (FaceMatch(face="f1", similarity=99.5),)


def test_search_when_the_picture_shows_no_face_then_none(stubbed) -> None:
    collections, stub = stubbed
    stub.add_client_error("search_faces_by_image", "InvalidParameterException", "no faces")
    assert collections.search("films.bunny.1", b"jpeg") is None


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("ImageTooLargeException", AnswerRefused),
        ("ProvisionedThroughputExceededException", Throttled),
        ("ThrottlingException", Throttled),
    ],
)
def test_search_when_fault_then_error(stubbed, code: str, expected: type[Exception]) -> None:
    collections, stub = stubbed
    stub.add_client_error("search_faces_by_image", code)
    with pytest.raises(expected):
        collections.search("films.bunny.1", b"jpeg")


def test_ids_when_there_are_others_then_only_those_of_the_stack(stubbed) -> None:
    collections, stub = stubbed
    known = ["films.bunny.1", "films-2.bunny.1", "films.hop.1"]
    stub.add_response("list_collections", {"CollectionIds": known[:2], "NextToken": "t"}, {})
    stub.add_response("list_collections", {"CollectionIds": known[2:]}, {"NextToken": "t"})
    assert collections.ids("films.") == ("films.bunny.1", "films.hop.1")


def test_delete_when_it_is_gone_then_no_error(stubbed) -> None:
    collections, stub = stubbed
    stub.add_response("delete_collection", {}, {"CollectionId": "c"})
    stub.add_client_error("delete_collection", "ResourceNotFoundException")
    collections.delete("c")
    collections.delete("c")
    stub.assert_no_pending_responses()


def test_fake_when_used_then_as_the_service() -> None:
    fake: FaceCollections = InMemoryFaceCollections(lambda jpeg: jpeg.decode() or None)
    with pytest.raises(NotFound):
        fake.faces("c")
    fake.create("c")
    fake.create("c")
    assert (fake.add("c", "f1", b"anna"), fake.add("c", "f2", b"")) == ("", "no face")
    assert fake.faces("c") == {"f1"}
    assert fake.search("c", b"anna") == (FaceMatch(face="f1", similarity=99.0),)
    assert (fake.search("c", b"ben"), fake.search("c", b"")) == ((), None)
    assert fake.ids("c") == ("c",)
    fake.delete("c")
    fake.delete("c")
    with pytest.raises(NotFound):
        fake.search("c", b"anna")
