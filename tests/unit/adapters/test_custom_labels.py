"""What every implementation of Detectors promises; the adapter over the stand-in."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.stub import Stubber
from fakes.clock import FixedClock
from fakes.detectors import MODEL, InMemoryDetectors

from onmodel.adapters.custom_labels import CustomLabels, RekognitionDetectors
from onmodel.errors import (
    AccessDenied,
    AnswerRefused,
    Conflict,
    FilmModelRefused,
    NotFound,
    ServiceError,
    Throttled,
)
from onmodel.ports.detectors import Detectors, DetectorState, DetectorStatus
from onmodel.ports.models import Instance
from onmodel_local.simulation_settings import SimulationSettings
from onmodel_local.standins.custom_labels import SimulatedCustomLabels
from onmodel_local.standins.faults import CallControl
from onmodel_local.standins.service import StandIn

STARTS_AFTER, STOPS_AFTER = timedelta(minutes=15), timedelta(minutes=2)
PROJECT = "arn:aws:rekognition:us-east-1:123456789012:project/onmodel-cast/1767000000000"
DESCRIBED = {"ProjectVersionDescriptions": [{"ProjectVersionArn": MODEL, "Status": "RUNNING"}]}


class Body:
    """What botocore reads of an answer."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self) -> list[bytes]:
        return [self._content]


def answered_by(client: Any, stand_in: StandIn) -> None:
    """Let the stand-in answer the client's requests, in this process."""

    def send(request: AWSRequest, **_: Any) -> AWSResponse:
        given = {name.lower(): _text(value) for name, value in request.headers.items()}
        body = request.body or b""
        content = body if isinstance(body, bytes) else body.encode()
        status, headers, answer = asyncio.run(stand_in.handle("POST", "/", given, content, {}))
        return AWSResponse(request.url, status, headers, Body(answer))

    client.meta.events.register("before-send.rekognition", send)


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


def on_the_stand_in(clock: FixedClock) -> tuple[Detectors, str]:
    settings = SimulationSettings(
        detector_start_seconds=STARTS_AFTER.total_seconds(),
        stopping_seconds=STOPS_AFTER.total_seconds(),
    )

    async def no_picture(*_: Any) -> Any:
        raise AssertionError("no picture is analysed")

    simulated = SimulatedCustomLabels(no_picture, settings, "123456789012", "us-east-1", clock)
    client = boto3.client(
        "rekognition",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    stand_in = StandIn(
        "rekognition", simulated.operations(), "InvalidParameterException", CallControl()
    )
    answered_by(client, stand_in)
    project = client.create_project(ProjectName="onmodel-cast")["ProjectArn"]
    model = client.create_project_version(
        ProjectArn=project,
        VersionName="first",
        OutputConfig={"S3Bucket": "bucket", "S3KeyPrefix": "output"},
    )["ProjectVersionArn"]
    return RekognitionDetectors(client), model


def in_memory(clock: FixedClock) -> tuple[Detectors, str]:
    fake = InMemoryDetectors(clock)
    fake.starts_after, fake.stops_after = STARTS_AFTER, STOPS_AFTER
    return fake, MODEL


@pytest.fixture(params=[in_memory, on_the_stand_in], ids=["fake", "adapter on the stand-in"])
def known(request: pytest.FixtureRequest, clock: FixedClock) -> tuple[Detectors, str]:
    detectors, model = request.param(clock)
    return detectors, model


def state_of(known: tuple[Detectors, str]) -> tuple[DetectorStatus, bool, int | None]:
    state = known[0].look(known[1])
    assert state is not None
    return state.status, state.bills, state.units


def test_model_when_started_and_stopped_then_bills_from_the_call_until_it_is_stopped(
    known: tuple[Detectors, str], clock: FixedClock
) -> None:
    detectors, model = known
    assert state_of(known)[:2] == (DetectorStatus.READY, False)
    detectors.start(model, 2)
    assert state_of(known) == (DetectorStatus.STARTING, True, 2)
    clock.advance(minutes=15)
    assert state_of(known) == (DetectorStatus.RUNNING, True, 2)
    detectors.stop(model)
    assert state_of(known)[:2] == (DetectorStatus.STOPPING, True)
    clock.advance(minutes=2)
    assert state_of(known)[:2] == (DetectorStatus.READY, False)


def test_start_and_stop_when_repeated_then_no_error(
    known: tuple[Detectors, str], clock: FixedClock
) -> None:
    detectors, model = known
    detectors.stop(model)
    detectors.start(model, 1)
    detectors.start(model, 1)
    clock.advance(minutes=15)
    detectors.start(model, 1)
    detectors.stop(model)
    detectors.stop(model)
    assert state_of(known)[0] == DetectorStatus.STOPPING


def test_stop_when_it_is_starting_then_conflict(known: tuple[Detectors, str]) -> None:
    detectors, model = known
    detectors.start(model, 1)
    with pytest.raises(Conflict):
        detectors.stop(model)
    assert state_of(known)[0] == DetectorStatus.STARTING


def test_model_when_there_is_none_then_not_found_and_nothing_to_stop(
    known: tuple[Detectors, str],
) -> None:
    detectors, model = known
    other = model.replace("/version/", "-other/version/")
    assert detectors.look(other) is None
    detectors.stop(other)
    with pytest.raises(NotFound):
        detectors.start(other, 1)


@pytest.fixture
def stubbed(aws: Any) -> Any:
    client = aws("rekognition")
    with Stubber(client) as stub:
        yield client, stub


def add_project(stub: Stubber, name: str = "onmodel-cast") -> None:
    found = {"ProjectDescriptions": [{"ProjectArn": PROJECT, "Status": "CREATED"}]}
    stub.add_response("describe_projects", found, {"ProjectNames": [name]})


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("TRAINING_IN_PROGRESS", DetectorStatus.UNUSABLE),
        ("TRAINING_FAILED", DetectorStatus.UNUSABLE),
        ("TRAINING_COMPLETED", DetectorStatus.READY),
        ("FAILED", DetectorStatus.FAILED),
        ("DELETING", DetectorStatus.UNUSABLE),
        ("COPYING_COMPLETED", DetectorStatus.READY),
        ("EXPIRED", DetectorStatus.UNUSABLE),
    ],
)
def test_look_when_described_then_says_what_can_be_done(
    stubbed: Any, word: str, status: DetectorStatus
) -> None:
    client, stub = stubbed
    add_project(stub)
    version = {"ProjectVersionArn": MODEL, "Status": word, "StatusMessage": "as it says"}
    asked = {"ProjectArn": PROJECT, "VersionNames": ["second.2026-01-01"]}
    stub.add_response("describe_project_versions", {"ProjectVersionDescriptions": [version]}, asked)
    state = RekognitionDetectors(client).look(MODEL)
    assert state == DetectorState(status=status, said=f"{word}: as it says")


def test_look_when_the_first_page_is_empty_then_found_on_the_next(stubbed: Any) -> None:
    client, stub = stubbed
    project = {"ProjectDescriptions": [{"ProjectArn": PROJECT, "Status": "CREATED"}]}
    stub.add_response("describe_projects", {"ProjectDescriptions": [], "NextToken": "t"})
    stub.add_response("describe_projects", project)
    none: dict[str, Any] = {"ProjectVersionDescriptions": [], "NextToken": "t"}
    stub.add_response("describe_project_versions", none)
    stub.add_response("describe_project_versions", DESCRIBED)
    assert RekognitionDetectors(client).look(MODEL) is not None
    stub.assert_no_pending_responses()


def test_look_when_asked_again_then_the_project_is_known(stubbed: Any) -> None:
    client, stub = stubbed
    add_project(stub)
    stub.add_response("describe_project_versions", DESCRIBED)
    stub.add_response("describe_project_versions", DESCRIBED)
    detectors = RekognitionDetectors(client)
    assert detectors.look(MODEL) == detectors.look(MODEL)
    stub.assert_no_pending_responses()


def test_look_when_denied_then_denied(stubbed: Any) -> None:
    client, stub = stubbed
    stub.add_client_error("describe_projects", "AccessDeniedException")
    with pytest.raises(AccessDenied):
        RekognitionDetectors(client).look(MODEL)


def test_start_when_the_account_runs_no_more_then_refused(stubbed: Any) -> None:
    client, stub = stubbed
    stub.add_client_error("start_project_version", "LimitExceededException", "too many")
    with pytest.raises(AnswerRefused, match="too many"):
        RekognitionDetectors(client).start(MODEL, 1)


def test_detect_when_labels_have_boxes_then_one_instance_each(stubbed: Any) -> None:
    client, stub = stubbed
    box = {"Left": 0.1, "Top": 0.2, "Width": 0.3, "Height": 0.4}
    labels = [
        {"Name": "Rinky", "Confidence": 91.5, "Geometry": {"BoundingBox": box}},
        {"Name": "indoors", "Confidence": 60.0},
    ]
    asked = {"ProjectVersionArn": MODEL, "Image": {"Bytes": b"jpeg"}, "MinConfidence": 0}
    stub.add_response("detect_custom_labels", {"CustomLabels": labels}, asked)
    rinky, indoors = CustomLabels(client, MODEL).detect(b"jpeg")
    instance = Instance(left=0.1, top=0.2, width=0.3, height=0.4, confidence=91.5)
    assert (rinky.name, rinky.confidence, rinky.instances) == ("Rinky", 91.5, (instance,))
    assert (indoors.name, indoors.instances) == ("indoors", ())


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("ThrottlingException", Throttled),
        ("ImageTooLargeException", AnswerRefused),
        ("ResourceNotReadyException", FilmModelRefused),
        ("ResourceNotFoundException", FilmModelRefused),
        ("InvalidS3ObjectException", ServiceError),
    ],
)
def test_detect_when_fault_then_error(stubbed: Any, code: str, expected: type[Exception]) -> None:
    client, stub = stubbed
    stub.add_client_error("detect_custom_labels", code)
    with pytest.raises(expected):
        CustomLabels(client, MODEL).detect(b"jpeg")
