"""Detectors, and a LabelDetector, over Rekognition Custom Labels."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from onmodel.adapters.faults import code_of, translated
from onmodel.adapters.rekognition import REFUSALS
from onmodel.contracts.finders import MODEL_ARN
from onmodel.errors import Conflict, FilmModelRefused, NotFound, ServiceError
from onmodel.ports.detectors import DetectorState, DetectorStatus
from onmodel.ports.models import Instance, Label

if TYPE_CHECKING:
    from mypy_boto3_rekognition.client import RekognitionClient

STATUSES = {
    "TRAINING_COMPLETED": DetectorStatus.READY,
    "COPYING_COMPLETED": DetectorStatus.READY,
    "STOPPED": DetectorStatus.READY,
    "STARTING": DetectorStatus.STARTING,
    "RUNNING": DetectorStatus.RUNNING,
    "STOPPING": DetectorStatus.STOPPING,
    "FAILED": DetectorStatus.FAILED,
}
"""All others mean that the model cannot be started."""

NOT_READY = "ResourceNotReadyException"
"""The model does not run."""

LIMIT = "LimitExceededException"
"""The account's quota of models, or of inference units, that run at once."""


class RekognitionDetectors:
    """Models by the ARN of a project's version. The ARN of a project cannot be made from it."""

    def __init__(self, client: RekognitionClient) -> None:
        self._client = client
        self._projects: dict[str, str] = {}

    def look(self, model: str) -> DetectorState | None:
        try:
            found = self._described(model)
        except NotFound:  # the project was deleted since its ARN was read
            self._projects.clear()
            return None
        if found is None:
            return None
        status, message = found["Status"], found.get("StatusMessage")
        return DetectorState(
            status=STATUSES.get(status, DetectorStatus.UNUSABLE),
            said=f"{status}: {message}" if message else status,
            units=found.get("MinInferenceUnits"),
        )

    def start(self, model: str, units: int) -> None:
        with suppress(Conflict), translated(refused={LIMIT}):  # ResourceInUse: it starts or runs
            self._client.start_project_version(ProjectVersionArn=model, MinInferenceUnits=units)

    def stop(self, model: str) -> None:
        try:
            with translated():
                self._client.stop_project_version(ProjectVersionArn=model)
        except NotFound:
            return
        except Conflict:  # ResourceInUse: it is starting, or it does not run
            state = self.look(model)
            if state is not None and state.bills and state.status != DetectorStatus.STOPPING:
                raise

    def _described(self, model: str) -> Any | None:  # noqa: ANN401 - a TypedDict of type checkers
        named = MODEL_ARN.fullmatch(model)
        project = self._project(named["project"]) if named else None
        if named is None or project is None:
            return None
        pages = self._client.get_paginator("describe_project_versions").paginate(
            ProjectArn=project, VersionNames=[named["version"]]
        )
        with translated():
            versions = [each for page in pages for each in page["ProjectVersionDescriptions"]]
        return next((each for each in versions if each["ProjectVersionArn"] == model), None)

    def _project(self, name: str) -> str | None:
        """The ARN of a project of this account and region."""
        if name not in self._projects:
            pages = self._client.get_paginator("describe_projects").paginate(ProjectNames=[name])
            with translated():
                found = [each for page in pages for each in page["ProjectDescriptions"]]
            if not found:
                return None
            self._projects[name] = found[0]["ProjectArn"]
        return self._projects[name]


class CustomLabels:
    """Labels of one picture by a model that runs; limits of the picture as for RekognitionLabels.

    Nothing is filtered by confidence: one cached answer then serves all settings.
    """

    def __init__(self, client: RekognitionClient, model: str) -> None:
        self._client = client
        self._model = model

    def detect(self, jpeg: bytes) -> tuple[Label, ...]:
        try:
            with translated(refused=REFUSALS):
                answer = self._client.detect_custom_labels(
                    ProjectVersionArn=self._model, Image={"Bytes": jpeg}, MinConfidence=0
                )
        except NotFound as fault:
            raise FilmModelRefused(
                f"{self._model} was deleted before the film was done",
                "Name another model as finder.custom_labels.model",
            ) from fault
        except ServiceError as fault:
            if isinstance(fault.__cause__, ClientError) and code_of(fault.__cause__) == NOT_READY:
                raise FilmModelRefused(
                    f"{self._model} was stopped before the film was done",
                    "If its time was over, set finder.custom_labels.hours to more",
                ) from fault
            raise
        return tuple(_to_label(label) for label in answer["CustomLabels"])


def _to_label(label: Any) -> Label:  # noqa: ANN401 - a TypedDict that only type checkers have
    box = label.get("Geometry", {}).get("BoundingBox")
    confidence = label["Confidence"]
    instance = box and Instance(
        left=box["Left"],
        top=box["Top"],
        width=box["Width"],
        height=box["Height"],
        confidence=confidence,
    )
    return Label(name=label["Name"], confidence=confidence, instances=(instance,) if box else ())
