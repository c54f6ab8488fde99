"""Rekognition Custom Labels: projects, versions that are started and stopped, and their answers.

A version is trained at once, and nothing is learnt: it answers the figures that DetectLabels finds,
with the one label that its description names, else `Figure`. Its time running is counted.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from onmodel_local.simulation_settings import SimulationSettings
from onmodel_local.standins.errors import ServiceFault
from onmodel_local.standins.picture_analysis import MeasuredPicture, analyse_figures
from onmodel_local.standins.service import Operation
from onmodel_local.vision.finder import FoundFigure

DEFAULT_LABEL = "Figure"
DEFAULT_CONFIDENCE = 50.0

AnalyseFigures = Callable[
    [dict[str, Any], Callable[[bytes], MeasuredPicture]], Awaitable[MeasuredPicture]
]
"""Reads a request's `Image` and analyses it in a process; raises ServiceFault."""


@dataclass
class _Version:
    project: str
    name: str
    arn: str
    made_at: datetime
    label: str
    status: str = "TRAINING_COMPLETED"
    changed_at: datetime | None = None
    units: int | None = None
    ran_seconds: float = 0.0
    """Times inference units, of all the times that it ran before now."""


class SimulatedCustomLabels:
    """Operations of the stand-in on projects and their versions.

    Args:
        analysed: analyses a request's picture.
        settings: how long a version takes to start and to stop.
        account: of the ARNs.
        region: of the ARNs.
        clock: by which versions start and stop.
    """

    def __init__(
        self,
        analysed: AnalyseFigures,
        settings: SimulationSettings,
        account: str,
        region: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._analysed = analysed
        self._settings = settings
        self._prefix = f"arn:aws:rekognition:{region}:{account}:project"
        self._clock = clock
        self.projects: dict[str, tuple[str, datetime]] = {}
        self.versions: dict[str, _Version] = {}

    def operations(self) -> dict[str, Operation]:
        return {
            "CreateProject": self.create_project,
            "DescribeProjects": self.describe_projects,
            "CreateProjectVersion": self.create_version,
            "DescribeProjectVersions": self.describe_versions,
            "DeleteProjectVersion": self.delete_version,
            "StartProjectVersion": self.start,
            "StopProjectVersion": self.stop,
            "DetectCustomLabels": self.detect,
        }

    def billing(self) -> list[dict[str, Any]]:
        """Versions that run or may do so, and what all have cost so far."""
        return [
            {
                "model": version.arn,
                "status": self._status(version),
                "units": version.units,
                "unit_hours": self._ran_seconds(version) / 3600,
                "bills": version.status in {"STARTING", "RUNNING", "STOPPING"},
            }
            for version in self.versions.values()
        ]

    def create_project(self, request: dict[str, Any]) -> dict[str, Any]:
        name, now = request["ProjectName"], self._clock()
        if name in self.projects:
            raise ServiceFault("ResourceInUseException", f"The project {name} already exists")
        self.projects[name] = (f"{self._prefix}/{name}/{_milliseconds(now)}", now)
        return {"ProjectArn": self.projects[name][0]}

    def describe_projects(self, request: dict[str, Any]) -> dict[str, Any]:
        asked = request.get("ProjectNames") or list(self.projects)
        return {
            "ProjectDescriptions": [
                {"ProjectArn": arn, "CreationTimestamp": made_at, "Status": "CREATED"}
                for name, (arn, made_at) in self.projects.items()
                if name in asked
            ]
        }

    def create_version(self, request: dict[str, Any]) -> dict[str, Any]:
        project, name = self._project(request["ProjectArn"]), request["VersionName"]
        now = self._clock()
        arn = f"{self._prefix}/{project}/version/{name}/{_milliseconds(now)}"
        label = request.get("VersionDescription") or DEFAULT_LABEL
        self.versions[arn] = _Version(project, name, arn, now, label)
        return {"ProjectVersionArn": arn}

    def describe_versions(self, request: dict[str, Any]) -> dict[str, Any]:
        project, asked = self._project(request["ProjectArn"]), request.get("VersionNames")
        found = [
            version
            for version in self.versions.values()
            if version.project == project and (not asked or version.name in asked)
        ]
        return {"ProjectVersionDescriptions": [self._described(version) for version in found]}

    def delete_version(self, request: dict[str, Any]) -> dict[str, Any]:
        version = self._version(request)
        if self._status(version) in {"STARTING", "RUNNING", "STOPPING"}:
            raise ServiceFault("ResourceInUseException", f"{version.arn} is {version.status}")
        del self.versions[version.arn]
        return {"Status": "DELETING"}

    def start(self, request: dict[str, Any]) -> dict[str, Any]:
        version = self._version(request)
        if self._status(version) not in {"TRAINING_COMPLETED", "STOPPED", "FAILED"}:
            raise ServiceFault("ResourceInUseException", f"{version.arn} is {version.status}")
        version.units = request["MinInferenceUnits"]
        self._become(version, "STARTING", self._clock())
        return {"Status": "STARTING"}

    def stop(self, request: dict[str, Any]) -> dict[str, Any]:
        version = self._version(request)
        if self._status(version) != "RUNNING":
            raise ServiceFault("ResourceInUseException", f"{version.arn} is {version.status}")
        self._become(version, "STOPPING", self._clock())
        return {"Status": "STOPPING"}

    async def detect(self, request: dict[str, Any]) -> dict[str, Any]:
        version = self._version(request)
        if self._status(version) != "RUNNING":
            raise ServiceFault("ResourceNotReadyException", f"{version.arn} is {version.status}")
        picture = await self._analysed(request["Image"], analyse_figures)
        least = float(request.get("MinConfidence", DEFAULT_CONFIDENCE))
        found = [_answered(figure, version.label) for figure in picture.figures]
        return {"CustomLabels": [each for each in found if each["Confidence"] >= least]}

    def _described(self, version: _Version) -> dict[str, Any]:
        told = {
            "ProjectVersionArn": version.arn,
            "CreationTimestamp": version.made_at,
            "Status": self._status(version),
            "StatusMessage": "simulated: nothing was learnt",
        }
        return told if version.units is None else told | {"MinInferenceUnits": version.units}

    def _status(self, version: _Version) -> str:
        """The status now: starting and stopping take their time."""
        since = version.changed_at
        passed = self._seconds(since)
        if version.status == "STARTING" and passed >= self._settings.detector_start_seconds:
            self._become(version, "RUNNING", self._clock())
        elif version.status == "STOPPING" and passed >= self._settings.stopping_seconds:
            self._become(version, "STOPPED", self._clock())
            version.units = None
        return version.status

    def _become(self, version: _Version, status: str, now: datetime) -> None:
        version.ran_seconds = self._ran_seconds(version)
        version.status, version.changed_at = status, now

    def _ran_seconds(self, version: _Version) -> float:
        runs = version.status == "RUNNING" and version.changed_at is not None
        now = self._seconds(version.changed_at) * (version.units or 1) if runs else 0.0
        return version.ran_seconds + now

    def _seconds(self, since: datetime | None) -> float:
        return 0.0 if since is None else (self._clock() - since).total_seconds()

    def _project(self, arn: str) -> str:
        for name, (known, _) in self.projects.items():
            if known == arn:
                return name
        raise ServiceFault("ResourceNotFoundException", f"The project {arn} does not exist")

    def _version(self, request: dict[str, Any]) -> _Version:
        arn = request["ProjectVersionArn"]
        if arn not in self.versions:
            raise ServiceFault("ResourceNotFoundException", f"The model {arn} does not exist")
        return self.versions[arn]


def _answered(figure: FoundFigure, label: str) -> dict[str, Any]:
    box = {
        "Left": figure.left,
        "Top": figure.top,
        "Width": figure.width,
        "Height": figure.height,
    }
    confidence = 50 + 50 * figure.expected_overlap
    return {"Name": label, "Confidence": confidence, "Geometry": {"BoundingBox": box}}


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
