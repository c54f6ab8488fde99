from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.stub import Stubber
from fakes.labels import FakeLabels, figure

from onmodel.adapters.rekognition import (
    RekognitionFaces,
    RekognitionLabels,
    first_labels_per_second,
)
from onmodel.errors import AccessDenied, AnswerRefused, Throttled
from onmodel.ports.models import Instance, Label, LabelDetector

BOX = {"Left": 0.1, "Top": 0.2, "Width": 0.3, "Height": 0.4}
ANSWER: dict[str, Any] = {
    "Labels": [
        {
            "Name": "Rabbit",
            "Confidence": 91.5,
            "Instances": [{"BoundingBox": BOX, "Confidence": 88.0}],
            "Parents": [{"Name": "Animal"}, {"Name": "Mammal"}],
            "Aliases": [],
            "Categories": [{"Name": "Animals and Pets"}],
        },
        {"Name": "Grass", "Confidence": 70.0, "Instances": [], "Parents": []},
    ]
}


@pytest.fixture
def rekognition(aws) -> Iterator[tuple[RekognitionLabels, Stubber]]:
    client = aws("rekognition")
    with Stubber(client) as stub:
        yield RekognitionLabels(client), stub


def test_detect_when_answered_then_labels_with_boxes_and_parents(rekognition) -> None:
    detector, stub = rekognition
    stub.add_response(
        "detect_labels",
        ANSWER,
        {
            "Image": {"Bytes": b"jpeg"},
            "MaxLabels": 100,
            "MinConfidence": 0,
            "Features": ["GENERAL_LABELS"],
        },
    )
    box = Instance(left=0.1, top=0.2, width=0.3, height=0.4, confidence=88.0)
    assert detector.detect(b"jpeg") == (
        Label(name="Rabbit", confidence=91.5, instances=(box,), parents=("Animal", "Mammal")),
        Label(name="Grass", confidence=70.0),
    )


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("InvalidImageFormatException", AnswerRefused),
        ("ImageTooLargeException", AnswerRefused),
        ("ProvisionedThroughputExceededException", Throttled),
    ],
)
def test_detect_when_fault_then_error(rekognition, code: str, expected: type) -> None:
    detector, stub = rekognition
    stub.add_client_error("detect_labels", code)
    with pytest.raises(expected):
        detector.detect(b"jpeg")


def test_fake_when_told_then_answers_as_a_detector() -> None:
    fake: LabelDetector = FakeLabels((figure(0.1, 0.1, 0.5, 0.5),))
    assert fake.detect(b"any")[0].instances[0].width == 0.5
    by_bytes = FakeLabels(lambda jpeg: (figure(0, 0, 1, 1),) if jpeg == b"a" else ())
    assert (len(by_bytes.detect(b"a")), len(by_bytes.detect(b"b"))) == (1, 0)
    assert by_bytes.pictures == [b"a", b"b"]


@pytest.mark.parametrize(
    ("region", "calls"),
    [
        ("us-east-1", 50),
        ("us-west-2", 50),
        ("eu-west-1", 50),
        ("eu-central-1", 5),
        ("eu-west-2", 5),
    ],
)
def test_first_labels_per_second_when_region_then_as_aws_documents(
    region: str, calls: float
) -> None:
    assert first_labels_per_second(region) == calls


def test_faces_when_answered_then_their_boxes(aws) -> None:
    client = aws("rekognition")
    with Stubber(client) as stub:
        stub.add_response(
            "detect_faces",
            {"FaceDetails": [{"BoundingBox": BOX, "Confidence": 99.5, "Landmarks": []}]},
            {"Image": {"Bytes": b"jpeg"}, "Attributes": ["DEFAULT"]},
        )
        found = RekognitionFaces(client).detect(b"jpeg")
    assert found == (Instance(left=0.1, top=0.2, width=0.3, height=0.4, confidence=99.5),)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("InvalidImageFormatException", AnswerRefused),
        ("ProvisionedThroughputExceededException", Throttled),
        ("AccessDeniedException", AccessDenied),
    ],
)
def test_faces_when_fault_then_error(aws, code: str, expected: type) -> None:
    client = aws("rekognition")
    with Stubber(client) as stub:
        stub.add_client_error("detect_faces", code)
        with pytest.raises(expected):
            RekognitionFaces(client).detect(b"jpeg")
