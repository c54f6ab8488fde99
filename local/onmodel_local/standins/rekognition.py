"""Rekognition from real, small vision work: labels, faces, collections, Custom Labels.

Figures are labelled "Cartoon" with a box, or "Person" when they contain a face with a high score:
the finder finds that there is a figure, not which. It was fitted on one film; the log states this.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from onmodel_local.simulation_settings import SimulationSettings
from onmodel_local.standins.custom_labels import SimulatedCustomLabels
from onmodel_local.standins.errors import ServiceFault
from onmodel_local.standins.face_collections import SimulatedFaceCollections
from onmodel_local.standins.picture_analysis import (
    SURE_FACE,
    MeasuredPicture,
    analyse_faces,
    analyse_figures,
    fraction,
)
from onmodel_local.standins.picture_processes import PictureProcesses
from onmodel_local.standins.service import Operation
from onmodel_local.vision.finder import FoundFigure
from onmodel_local.vision.grid import Face
from onmodel_local.vision.pictures import PictureUnreadableError

logger = logging.getLogger("onmodel.local")

MODEL_VERSION = "simulated-1.0"
MOST_BYTES = 5 * 1024 * 1024  # of a picture in the request
MOST_BYTES_S3 = 15 * 1024 * 1024
LEAST_SIDE, MOST_SIDE = 80, 10_000
CONVINCING_FACE = 0.8  # YuNet's score from which a figure is labelled a person
DEFAULT_CONFIDENCE = 55.0

T = TypeVar("T")

ReadObject = Callable[[Mapping[str, str]], bytes]
"""Bucket, Name, Version → bytes; raises ServiceFault."""

# label, its parents, its category
_CARTOON = ("Cartoon", ("Art",), "Hobbies and Interests")
_PERSON = ("Person", (), "Person Description")


class Rekognition:
    """Operations of the stand-in."""

    def __init__(
        self,
        processes: PictureProcesses,
        read_object: ReadObject,
        settings: SimulationSettings,
        account: str,
        region: str,
    ) -> None:
        self._processes = processes
        self._read_object = read_object
        self._collections = SimulatedFaceCollections(self._analysed_with_face, account, region)
        self.custom_labels = SimulatedCustomLabels(self._analysed, settings, account, region)

    @property
    def collections(self) -> dict[str, Any]:
        """The collections of faces, by id."""
        return self._collections.collections

    def operations(self) -> dict[str, Operation]:
        return {
            "DetectLabels": self.detect_labels,
            "DetectFaces": self.detect_faces,
            **self._collections.operations(),
            **self.custom_labels.operations(),
        }

    async def detect_labels(self, request: dict[str, Any]) -> dict[str, Any]:
        analysis = await self._analysed(request["Image"], analyse_figures)
        least = float(request.get("MinConfidence", DEFAULT_CONFIDENCE))
        general = request.get("Settings", {}).get("GeneralLabels", {})
        labels = [
            label
            for label in (_label(kind, analysis.figures) for kind in (_PERSON, _CARTOON))
            if label and label["Confidence"] >= least and _wanted(label, general)
        ]
        most = request.get("MaxLabels", 1000)
        answer: dict[str, Any] = {"Labels": labels[:most], "LabelModelVersion": MODEL_VERSION}
        if "IMAGE_PROPERTIES" in request.get("Features", ()):
            quality = analysis.light._asdict()
            answer["ImageProperties"] = {
                "Quality": {name.capitalize(): value for name, value in quality.items()}
            }
        return answer

    async def detect_faces(self, request: dict[str, Any]) -> dict[str, Any]:
        analysis = await self._analysed(request["Image"], analyse_faces)
        result = [_face(face, analysis) for face in analysis.faces if face.score >= SURE_FACE]
        return {"FaceDetails": result}

    async def _analysed(
        self, image: dict[str, Any], analyse: Callable[[bytes], MeasuredPicture]
    ) -> MeasuredPicture:
        return _of_fitting_size(await self._run(image, analyse))

    async def _analysed_with_face(
        self,
        image: dict[str, Any],
        analyse: Callable[[bytes], tuple[MeasuredPicture, list[float]]],
    ) -> tuple[MeasuredPicture, list[float]]:
        analysis, vector = await self._run(image, analyse)
        return _of_fitting_size(analysis), vector

    async def _run(self, image: dict[str, Any], analyse: Callable[[bytes], T]) -> T:
        body = self._bytes(image)
        try:
            return await self._processes.run(analyse, body)
        except PictureUnreadableError as fault:
            raise ServiceFault(
                "InvalidImageFormatException", "Request has invalid image format"
            ) from fault

    def _bytes(self, image: dict[str, Any]) -> bytes:
        if "Bytes" in image:
            body, most = image["Bytes"], MOST_BYTES
        elif "S3Object" in image:
            body, most = self._read_object(image["S3Object"]), MOST_BYTES_S3
        else:
            raise ServiceFault("InvalidParameterException", "Request has no image")
        if len(body) > most:
            raise ServiceFault("ImageTooLargeException", f"Image size exceeds {most} bytes")
        if not body:
            raise ServiceFault("InvalidImageFormatException", "Request has invalid image format")
        return bytes(body)


def _of_fitting_size(analysis: MeasuredPicture) -> MeasuredPicture:
    if min(analysis.width, analysis.height) < LEAST_SIDE:
        raise ServiceFault(
            "InvalidParameterException", f"Minimum image height and width is {LEAST_SIDE} px"
        )
    if max(analysis.width, analysis.height) > MOST_SIDE:
        raise ServiceFault(
            "ImageTooLargeException", f"Maximum image height and width is {MOST_SIDE} px"
        )
    return analysis


def _label(
    kind: tuple[str, tuple[str, ...], str], figures: tuple[FoundFigure, ...]
) -> dict[str, Any] | None:
    """One label with an instance for each figure of its kind; None without."""
    name, parents, category = kind
    person = name == _PERSON[0]
    instances: list[dict[str, Any]] = [
        {
            "BoundingBox": {
                "Left": figure.left,
                "Top": figure.top,
                "Width": figure.width,
                "Height": figure.height,
            },
            "Confidence": _confidence(figure),
        }
        for figure in figures
        if (figure.face >= CONVINCING_FACE) == person
    ]
    if not instances:
        return None
    return {
        "Name": name,
        "Confidence": max(instance["Confidence"] for instance in instances),
        "Instances": instances,
        "Parents": [{"Name": parent} for parent in parents],
        "Aliases": [],
        "Categories": [{"Name": category}],
    }


def _confidence(figure: FoundFigure) -> float:
    """The expected overlap as percent; the least that is reported, 0.35, becomes 67."""
    return 50 + 50 * figure.expected_overlap


def _wanted(label: dict[str, Any], filters: dict[str, Any]) -> bool:
    categories = {category["Name"] for category in label["Categories"]}
    name = label["Name"]
    if name in filters.get("LabelExclusionFilters", ()):
        return False
    if categories & set(filters.get("LabelCategoryExclusionFilters", ())):
        return False
    included = filters.get("LabelInclusionFilters", [])
    by_category = filters.get("LabelCategoryInclusionFilters", [])
    if not included and not by_category:
        return True
    return name in included or bool(categories & set(by_category))


def _face(face: Face, analysis: MeasuredPicture) -> dict[str, Any]:
    left, top, width, height = fraction(face)
    names = ("eyeLeft", "eyeRight", "nose", "mouthLeft", "mouthRight")
    points = dict(zip(names, face.landmarks, strict=True))
    across = (points["eyeRight"][0] - points["eyeLeft"][0]) * analysis.width
    down = (points["eyeRight"][1] - points["eyeLeft"][1]) * analysis.height
    middle = (points["eyeRight"][0] + points["eyeLeft"][0]) / 2
    eyes = abs(points["eyeRight"][0] - points["eyeLeft"][0]) or 1e-6
    return {
        "BoundingBox": {"Left": left, "Top": top, "Width": width, "Height": height},
        "Landmarks": [{"Type": name, "X": x, "Y": y} for name, (x, y) in points.items()],
        "Pose": {
            "Roll": math.degrees(math.atan2(down, across)),
            # a nose off the middle by half the eyes' distance is about a quarter turn
            "Yaw": max(-90.0, min(90.0, (points["nose"][0] - middle) / eyes * 90)),
            "Pitch": 0.0,
        },
        "Quality": {"Brightness": analysis.light.brightness, "Sharpness": analysis.light.sharpness},
        "Confidence": face.score * 100,
    }
