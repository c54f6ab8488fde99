"""Registers the stand-ins in ministack's routing, so that its IAM enforcement covers them."""

from __future__ import annotations

from collections.abc import Mapping

from ministack import app
from ministack.core import router
from ministack.services import s3

from onmodel_local.emulated_aws import EmulatedAws
from onmodel_local.patches.events import use_settings
from onmodel_local.simulation import HUMAN_LOOPS, Simulation
from onmodel_local.simulation_settings import SimulationSettings
from onmodel_local.standins.errors import ServiceFault
from onmodel_local.standins.nova_pro import VisionEndpoint
from onmodel_local.standins.service import Query, Response, StandIn

_PATTERNS = {
    "rekognition": {
        "target_prefixes": ["RekognitionService"],
        "host_patterns": [r"rekognition\."],
        "credential_scope": "rekognition",
    },
    "sagemaker": {
        "target_prefixes": ["SageMaker"],
        "host_patterns": [r"api\.sagemaker\."],
        "credential_scope": "sagemaker",
    },
    "service-quotas": {
        "target_prefixes": ["ServiceQuotasV20190624"],
        "host_patterns": [r"servicequotas\."],
        "credential_scope": "servicequotas",
    },
}


def register(settings: SimulationSettings, vision_url: str, vision_model: str) -> Simulation:
    """Create the simulation, and register its stand-ins in ministack."""
    use_settings(settings)
    vision = VisionEndpoint(vision_url, vision_model) if vision_url else None
    simulation = Simulation(settings, EmulatedAws(), read_object, vision)
    for name, stand_in in simulation.stand_ins.items():
        _add(name, stand_in)
    loops, jobs = simulation.stand_ins[HUMAN_LOOPS], simulation.stand_ins["sagemaker"]

    async def by_path(
        method: str, path: str, headers: Mapping[str, str], body: bytes, query: Query
    ) -> Response:
        """Both services sign as `sagemaker`."""
        called = loops if path.startswith("/human-loops") else jobs
        return await called.handle(method, path, headers, body, query)

    app.SERVICE_HANDLERS["sagemaker"] = by_path
    return simulation


def _add(name: str, stand_in: StandIn) -> None:
    app.SERVICE_HANDLERS[name] = stand_in.handle
    if name in _PATTERNS:
        router.SERVICE_PATTERNS[name] = _PATTERNS[name]


def read_object(location: Mapping[str, str]) -> bytes:
    """An object of the emulator's S3, for services that read S3 themselves.

    Raises:
        ServiceFault: InvalidS3ObjectException if there is no such object.
    """
    body = s3._get_object_data(
        location["Bucket"], location["Name"], version_id=location.get("Version")
    )
    if body is None:
        raise ServiceFault("InvalidS3ObjectException", "Unable to get object metadata from S3.")
    return bytes(body)
