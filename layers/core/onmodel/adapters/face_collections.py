"""FaceCollections over Rekognition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from onmodel.adapters.faults import code_of, translated
from onmodel.adapters.rekognition import REFUSALS
from onmodel.errors import NotFound
from onmodel.ports.faces import FaceMatch

if TYPE_CHECKING:
    from mypy_boto3_rekognition.client import RekognitionClient

LEAST_SIMILARITY = 50.0
"""Percent. One answer serves all thresholds of the settings, which begin here."""

MOST_MATCHES = 4096
"""The API's most. With fewer, a character of many references hides how alike the next one is."""

NO_FACE = "InvalidParameterException"


class RekognitionFaceCollections:
    """Collections of one account and region."""

    def __init__(self, client: RekognitionClient) -> None:
        self._client = client

    def create(self, collection: str) -> None:
        try:
            with translated():
                self._client.create_collection(CollectionId=collection)
        except Exception as fault:
            if not _is(fault, "ResourceAlreadyExistsException"):
                raise

    def faces(self, collection: str) -> frozenset[str]:
        found: set[str] = set()
        with translated():
            for page in self._client.get_paginator("list_faces").paginate(CollectionId=collection):
                found |= {face.get("ExternalImageId", "") for face in page["Faces"]}
        return frozenset(found)

    def add(self, collection: str, face: str, jpeg: bytes) -> str:
        with translated(refused=REFUSALS):
            answer = self._client.index_faces(
                CollectionId=collection,
                Image={"Bytes": jpeg},
                ExternalImageId=face,
                MaxFaces=1,
                QualityFilter="AUTO",
                DetectionAttributes=["DEFAULT"],
            )
        if answer["FaceRecords"]:
            return ""
        reasons = [reason for each in answer["UnindexedFaces"] for reason in each["Reasons"]]
        return ", ".join(reason.lower().replace("_", " ") for reason in reasons) or "no face"

    def search(self, collection: str, jpeg: bytes) -> tuple[FaceMatch, ...] | None:
        try:
            with translated(refused=REFUSALS - {NO_FACE}):
                answer = self._client.search_faces_by_image(
                    CollectionId=collection,
                    Image={"Bytes": jpeg},
                    FaceMatchThreshold=LEAST_SIMILARITY,
                    MaxFaces=MOST_MATCHES,
                    QualityFilter="NONE",
                )
        except Exception as fault:
            if _is(fault, NO_FACE):  # how this operation says that a picture shows no face
                return None
            raise
        return tuple(
            FaceMatch(face=match["Face"]["ExternalImageId"], similarity=match["Similarity"])
            for match in answer["FaceMatches"]
            if "ExternalImageId" in match["Face"]  # not one that a colleague added by hand
        )

    def ids(self, prefix: str) -> tuple[str, ...]:
        with translated():
            pages = self._client.get_paginator("list_collections").paginate()
            found = [each for page in pages for each in page["CollectionIds"]]
        return tuple(each for each in found if each.startswith(prefix))

    def delete(self, collection: str) -> None:
        try:
            with translated():
                self._client.delete_collection(CollectionId=collection)
        except NotFound:
            return


def _is(fault: Exception, code: str) -> bool:
    """Whether an error of onmodel was made of an answer with this code."""
    return isinstance(fault.__cause__, ClientError) and code_of(fault.__cause__) == code
