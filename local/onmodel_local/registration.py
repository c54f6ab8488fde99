"""The stand-ins, put into ministack's routing, so that its IAM enforcement covers them."""

from __future__ import annotations

from collections.abc import Mapping

from ministack import app
from ministack.core import router
from ministack.services import s3

from onmodel_local.aws_around import AwsAround
from onmodel_local.pace import Pace
from onmodel_local.patches.events import follow_pace
from onmodel_local.simulation import Simulation
from onmodel_local.standins.errors import ServiceFault
from onmodel_local.standins.nova_pro import VisionEndpoint
from onmodel_local.standins.service import StandIn

_PATTERNS = {
    "rekognition": {
        "target_prefixes": ["RekognitionService"],
        "host_patterns": [r"rekognition\."],
        "credential_scope": "rekognition",
    },
    "service-quotas": {
        "target_prefixes": ["ServiceQuotasV20190624"],
        "host_patterns": [r"servicequotas\."],
        "credential_scope": "servicequotas",
    },
}


def register(pace: Pace, vision_url: str, vision_model: str) -> Simulation:
    """Make the simulation and let ministack route to it."""
    follow_pace(pace)
    vision = VisionEndpoint(vision_url, vision_model) if vision_url else None
    simulation = Simulation(pace, AwsAround(), read_object, vision)
    for name, stand_in in simulation.stand_ins.items():
        _put_in(name, stand_in)
    return simulation


def _put_in(name: str, stand_in: StandIn) -> None:
    app.SERVICE_HANDLERS[name] = stand_in.handle
    if name in _PATTERNS:
        router.SERVICE_PATTERNS[name] = _PATTERNS[name]


def read_object(place: Mapping[str, str]) -> bytes:
    """An object of the emulator's S3, for services that read S3 themselves.

    Raises:
        ServiceFault: InvalidS3ObjectException when it is not there.
    """
    body = s3._get_object_data(place["Bucket"], place["Name"], version_id=place.get("Version"))
    if body is None:
        raise ServiceFault("InvalidS3ObjectException", "Unable to get object metadata from S3.")
    return bytes(body)
