"""What every implementation of HumanLoops promises; the adapter over the stand-in of A2I."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.stub import Stubber
from fakes.clock import FixedClock
from fakes.human_loops import InMemoryHumanLoops
from fakes.object_store import InMemoryObjectStore

from onmodel.adapters.human_loops import AugmentedAiHumanLoops
from onmodel.contracts.human_loops import HumanLoopStatus, LoopContent, LoopOutput, LoopPicture
from onmodel.errors import HumanLoopsImpossible, Throttled
from onmodel.ports.human_loops import HumanLoops
from onmodel_local.simulation_settings import SimulationSettings
from onmodel_local.standins.faults import CallControl
from onmodel_local.standins.human_loops import SimulatedHumanLoops
from onmodel_local.standins.service import StandIn

FLOW = "arn:aws:sagemaker:us-east-1:123456789012:flow-definition/onmodel-review"
NAME = "onmodel-bunny-0a1b2c3d-1"
CONTENT = LoopContent(
    production="Bunny",
    dataset_id="d0001",
    shortest_caption=3,
    longest_caption=1024,
    characters=(),
    pictures=(
        LoopPicture(id="c1", picture="s3://studio/c1.jpg", character="", name="", caption="Runs."),
    ),
).model_dump_json()


class RecordingAws:
    """The calls of AwsServices that the stand-in makes."""

    account, region = "123456789012", "us-east-1"

    def __init__(self) -> None:
        self.written: dict[str, bytes] = {}
        self.events: list[dict[str, Any]] = []

    def write_as_service(self, uri: str, body: bytes) -> None:
        self.written[uri] = body

    def publish(self, source: str, detail_type: str, resource: str, detail: dict[str, Any]) -> None:
        self.events.append({"source": source, "detail-type": detail_type, "detail": detail})


class Body:
    """What botocore reads of an answer."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self) -> list[bytes]:
        return [self._content]


class OnTheStandIn:
    """The adapter, a client of botocore, and the stand-in that answers it."""

    def __init__(self) -> None:
        self.settings = SimulationSettings(human_loop_seconds=3600)
        self.aws = RecordingAws()
        loops = SimulatedHumanLoops(self.settings, self.aws)  # type: ignore[arg-type]
        stand_in = StandIn(
            "sagemaker-a2i-runtime", loops.operations(), "ValidationException", CallControl()
        )
        client = made_client()

        def send(request: AWSRequest, **_: Any) -> AWSResponse:
            path = urlsplit(request.url).path
            body = request.body or b""
            content = body if isinstance(body, bytes) else body.encode()
            called = stand_in.handle(request.method, path, {}, content, {})
            status, headers, answer = asyncio.run(called)
            return AWSResponse(request.url, status, headers, Body(answer))

        client.meta.events.register("before-send.sagemaker-a2i-runtime", send)
        self.loops: HumanLoops = AugmentedAiHumanLoops(client, FLOW)

    def complete(self) -> None:
        self.settings.human_loop_seconds = 0


class InMemory:
    def __init__(self) -> None:
        self._made = InMemoryHumanLoops(InMemoryObjectStore("studio", FixedClock()))
        self.loops: HumanLoops = self._made

    def complete(self) -> None:
        self._made.answer(NAME)


def made_client() -> Any:
    return boto3.client(
        "sagemaker-a2i-runtime",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


@pytest.fixture(params=[InMemory, OnTheStandIn])
def of(request: pytest.FixtureRequest) -> InMemory | OnTheStandIn:
    made: InMemory | OnTheStandIn = request.param()
    return made


def status(of: InMemory | OnTheStandIn) -> HumanLoopStatus | None:
    state = of.loops.look(NAME)
    return None if state is None else state.status


def test_loop_when_started_twice_then_one(of: InMemory | OnTheStandIn) -> None:
    assert status(of) is None
    of.loops.start(NAME, CONTENT)
    of.loops.start(NAME, CONTENT)
    assert status(of) is HumanLoopStatus.STARTED


def test_loop_when_completed_then_says_where_the_answers_are(of: InMemory | OnTheStandIn) -> None:
    of.loops.start(NAME, CONTENT)
    of.complete()
    state = of.loops.look(NAME)
    assert state is not None
    assert state.status is HumanLoopStatus.COMPLETED
    assert state.output_uri is not None
    assert state.output_uri.startswith("s3://studio/human-loops/onmodel-review/")
    assert state.output_uri.endswith(f"/{NAME}/output.json")
    of.loops.stop(NAME)
    assert status(of) is HumanLoopStatus.COMPLETED


def test_loop_when_stopped_then_stopped_also_again_or_unknown(of: InMemory | OnTheStandIn) -> None:
    of.loops.stop(NAME)
    of.loops.start(NAME, CONTENT)
    of.loops.stop(NAME)
    of.loops.stop(NAME)
    assert status(of) is HumanLoopStatus.STOPPED


def test_stand_in_when_it_answers_then_its_output_is_one_that_is_read() -> None:
    of = OnTheStandIn()
    of.loops.start(NAME, CONTENT)
    of.complete()
    of.loops.look(NAME)
    (body,) = of.aws.written.values()
    output = LoopOutput.model_validate_json(body)
    assert output.answers[0].content["verdict-c1"] == {"keep": True, "reject": False}
    assert json.loads(body)["humanAnswers"][0]["workerId"] == "simulated"


def test_stand_in_when_it_writes_answers_then_not_in_the_thread_that_must_answer_that_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A loop that was started before the local stack was: `reconcile` looks at it."""
    of = OnTheStandIn()
    of.loops.start(NAME, CONTENT)
    of.complete()
    written_in: list[threading.Thread] = []
    write = of.aws.write_as_service

    def noted(uri: str, body: bytes) -> None:
        written_in.append(threading.current_thread())
        write(uri, body)

    monkeypatch.setattr(of.aws, "write_as_service", noted)
    assert status(of) is HumanLoopStatus.COMPLETED
    assert written_in != [threading.current_thread()]


def test_stand_in_when_a_loop_is_stopped_then_its_event_comes_twice() -> None:
    of = OnTheStandIn()
    of.loops.start(NAME, CONTENT)
    of.loops.stop(NAME)
    first, second = of.aws.events
    assert first == second
    assert first["detail-type"] == "SageMaker A2I HumanLoop Status Change"
    assert (first["detail"]["humanLoopStatus"], first["detail"]["humanLoopName"]) == (
        "Stopped", NAME,
    )  # fmt: skip


def start(loops: HumanLoops) -> None:
    loops.start(NAME, CONTENT)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("ValidationException", HumanLoopsImpossible),
        ("ServiceQuotaExceededException", HumanLoopsImpossible),
        ("ThrottlingException", Throttled),
    ],
)
def test_loop_when_a2i_refuses_then_says_so_or_is_tried_again(
    code: str, error: type[Exception]
) -> None:
    client = made_client()
    with Stubber(client) as stub:
        stub.add_client_error("start_human_loop", code, "the flow definition is not active")
        with pytest.raises(error, match="the flow definition is not active"):
            start(AugmentedAiHumanLoops(client, FLOW))


def test_loop_when_the_stack_has_no_flow_definition_then_impossible() -> None:
    with pytest.raises(HumanLoopsImpossible, match="no flow definition"):
        start(AugmentedAiHumanLoops(made_client(), None))


def test_loop_when_it_failed_then_its_reason_is_told() -> None:
    client = made_client()
    described = {
        "CreationTime": 0,
        "HumanLoopStatus": "Failed",
        "HumanLoopName": NAME,
        "HumanLoopArn": f"arn:aws:sagemaker:us-east-1:123456789012:human-loop/{NAME}",
        "FlowDefinitionArn": FLOW,
        "FailureCode": "ValidationError",
        "FailureReason": "no access",
    }
    with Stubber(client) as stub:
        stub.add_response("describe_human_loop", described)
        state = AugmentedAiHumanLoops(client, FLOW).look(NAME)
    assert state is not None
    assert (state.status, state.reason) == (HumanLoopStatus.FAILED, "ValidationError: no access")
