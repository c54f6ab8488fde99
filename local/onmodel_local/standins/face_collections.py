"""Rekognition's face collections: real vectors of faces by a small model, kept in memory."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from onmodel_local.standins.errors import ServiceFault
from onmodel_local.standins.picture_analysis import (
    MeasuredPicture,
    analyse_largest_face,
    fraction,
)
from onmodel_local.standins.service import Operation
from onmodel_local.vision.face_vectors import similarity_percent
from onmodel_local.vision.grid import Face

MODEL_VERSION = "simulated-1.0"
DEFAULT_THRESHOLD = 80.0
DEFAULT_MATCHES = 20
PAGE = 1000

AnalysePicture = Callable[
    [dict[str, Any], Callable[[bytes], tuple[MeasuredPicture, list[float]]]],
    Awaitable[tuple[MeasuredPicture, list[float]]],
]
"""Reads a request's `Image` and analyses it in a process; raises ServiceFault."""


@dataclass
class _Collection:
    arn: str
    made_at: datetime
    faces: dict[str, tuple[dict[str, Any], list[float]]] = field(default_factory=dict)
    """By FaceId: the face as answers show it, and its vector."""


class SimulatedFaceCollections:
    """Operations of the stand-in on collections.

    Args:
        analysed: analyses a request's picture.
        account: of the ARNs.
        region: of the ARNs.
    """

    def __init__(self, analysed: AnalysePicture, account: str, region: str) -> None:
        self._analysed = analysed
        self._prefix = f"aws:rekognition:{region}:{account}:collection"
        self.collections: dict[str, _Collection] = {}

    def operations(self) -> dict[str, Operation]:
        return {
            "CreateCollection": self.create,
            "DeleteCollection": self.delete,
            "DescribeCollection": self.describe,
            "ListCollections": self.list_collections,
            "IndexFaces": self.index,
            "ListFaces": self.list_faces,
            "SearchFacesByImage": self.search,
        }

    def create(self, request: dict[str, Any]) -> dict[str, Any]:
        name = request["CollectionId"]
        if name in self.collections:
            raise ServiceFault(
                "ResourceAlreadyExistsException", f"The collection id: {name} already exists"
            )
        made = _Collection(f"{self._prefix}/{name}", datetime.now(UTC))
        self.collections[name] = made
        return {"StatusCode": 200, "CollectionArn": made.arn, "FaceModelVersion": MODEL_VERSION}

    def delete(self, request: dict[str, Any]) -> dict[str, Any]:
        self._found(request)
        del self.collections[request["CollectionId"]]
        return {"StatusCode": 200}

    def describe(self, request: dict[str, Any]) -> dict[str, Any]:
        found = self._found(request)
        return {
            "FaceCount": len(found.faces),
            "FaceModelVersion": MODEL_VERSION,
            "CollectionARN": f"arn:{found.arn}",
            "CreationTimestamp": found.made_at,
        }

    def list_collections(self, request: dict[str, Any]) -> dict[str, Any]:
        names, after = _page(sorted(self.collections), request)
        versions = [MODEL_VERSION] * len(names)
        return {"CollectionIds": names, "FaceModelVersions": versions} | after

    async def index(self, request: dict[str, Any]) -> dict[str, Any]:
        self._found(request)
        picture, vector = await self._analysed(request["Image"], analyse_largest_face)
        found = self._found(request)  # another call may have deleted it meanwhile
        records: list[dict[str, Any]] = []
        if vector:
            shown = _shown(picture.faces[0])
            face = shown | {
                "FaceId": str(uuid.uuid4()),
                "ImageId": _image_id(request["Image"]),
            }
            if "ExternalImageId" in request:
                face["ExternalImageId"] = request["ExternalImageId"]
            found.faces[face["FaceId"]] = (face, vector)
            records.append({"Face": face, "FaceDetail": shown})
        left = [
            {"Reasons": ["EXCEEDS_MAX_FACES"], "FaceDetail": _shown(face)}
            for face in picture.faces[1:]
        ]
        return {
            "FaceRecords": records,
            "UnindexedFaces": left,
            "FaceModelVersion": MODEL_VERSION,
        }

    def list_faces(self, request: dict[str, Any]) -> dict[str, Any]:
        faces = [face for face, _ in self._found(request).faces.values()]
        page, after = _page(faces, request)
        return {"Faces": page, "FaceModelVersion": MODEL_VERSION} | after

    async def search(self, request: dict[str, Any]) -> dict[str, Any]:
        self._found(request)
        picture, vector = await self._analysed(request["Image"], analyse_largest_face)
        if not vector:
            raise ServiceFault(
                "InvalidParameterException",
                "There are no faces in the image. Should be at least 1.",
            )
        least = request.get("FaceMatchThreshold", DEFAULT_THRESHOLD)
        alike = sorted(
            (
                (similarity_percent(vector, known), face)
                for face, known in self._found(request).faces.values()
            ),
            key=lambda pair: -pair[0],
        )
        matches = [{"Similarity": like, "Face": face} for like, face in alike if like >= least]
        searched = _shown(picture.faces[0])
        return {
            "SearchedFaceBoundingBox": searched["BoundingBox"],
            "SearchedFaceConfidence": searched["Confidence"],
            "FaceMatches": matches[: request.get("MaxFaces", DEFAULT_MATCHES)],
            "FaceModelVersion": MODEL_VERSION,
        }

    def _found(self, request: dict[str, Any]) -> _Collection:
        name = request["CollectionId"]
        if name not in self.collections:
            raise ServiceFault(
                "ResourceNotFoundException", f"The collection id: {name} does not exist"
            )
        return self.collections[name]


def _shown(face: Face) -> dict[str, Any]:
    left, top, width, height = fraction(face)
    return {
        "BoundingBox": {"Left": left, "Top": top, "Width": width, "Height": height},
        "Confidence": face.score * 100,
    }


def _image_id(image: dict[str, Any]) -> str:
    digest = hashlib.sha256(repr(sorted(image.items())).encode()).hexdigest()
    return str(uuid.UUID(digest[:32]))


def _page(items: list[Any], request: dict[str, Any]) -> tuple[list[Any], dict[str, str]]:
    """The items from `NextToken` on, and the token of the next page, if there is one."""
    start = int(request.get("NextToken", "0"))
    end = start + min(PAGE, request.get("MaxResults", PAGE))
    return items[start:end], {"NextToken": str(end)} if end < len(items) else {}
