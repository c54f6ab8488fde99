"""LabelDetector and FaceDetector over Rekognition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from onmodel.adapters.faults import translated
from onmodel.ports.models import Instance, Label

if TYPE_CHECKING:
    from mypy_boto3_rekognition.client import RekognitionClient

REFUSALS = frozenset(
    {"ImageTooLargeException", "InvalidImageFormatException", "InvalidParameterException"}
)

FAST_REGIONS = frozenset({"us-east-1", "us-west-2", "eu-west-1"})


def first_labels_per_second(region: str) -> float:
    """DetectLabels calls a second that AWS allows an account before it asks for more."""
    return 50.0 if region in FAST_REGIONS else 5.0


class RekognitionLabels:
    """General labels of one picture: JPEG or PNG, sides 80 to 10,000 px, at most 5 MB.

    Nothing is filtered by name or confidence: the price is the same, and one cached answer then
    serves all settings.
    """

    def __init__(self, client: RekognitionClient, max_labels: int = 100) -> None:
        self._client = client
        self._max_labels = max_labels

    def detect(self, jpeg: bytes) -> tuple[Label, ...]:
        with translated(refused=REFUSALS):
            answer = self._client.detect_labels(
                Image={"Bytes": jpeg},
                MaxLabels=self._max_labels,
                MinConfidence=0,
                Features=["GENERAL_LABELS"],
            )
        return tuple(_to_label(label) for label in answer["Labels"])


class RekognitionFaces:
    """Faces of one picture; limits of the picture as for RekognitionLabels."""

    def __init__(self, client: RekognitionClient) -> None:
        self._client = client

    def detect(self, jpeg: bytes) -> tuple[Instance, ...]:
        with translated(refused=REFUSALS):
            answer = self._client.detect_faces(Image={"Bytes": jpeg}, Attributes=["DEFAULT"])
        return tuple(_to_instance(face) for face in answer["FaceDetails"])


def _to_label(label: Any) -> Label:  # noqa: ANN401 - a TypedDict that only type checkers have
    return Label(
        name=label["Name"],
        confidence=label["Confidence"],
        instances=tuple(_to_instance(instance) for instance in label.get("Instances", ())),
        parents=tuple(parent["Name"] for parent in label.get("Parents", ())),
    )


def _to_instance(found: Any) -> Instance:  # noqa: ANN401 - likewise
    box = found["BoundingBox"]
    return Instance(
        left=box["Left"],
        top=box["Top"],
        width=box["Width"],
        height=box["Height"],
        confidence=found["Confidence"],
    )
