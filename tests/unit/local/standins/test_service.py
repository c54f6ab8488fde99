from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from onmodel_local.standins.errors import ServiceFault
from onmodel_local.standins.faults import CallControl, InjectedFault
from onmodel_local.standins.service import StandIn

ANSWER = {"Labels": [{"Name": "Cartoon", "Confidence": 90.0}]}


def _rekognition(call_control: CallControl, answer: Any = ANSWER) -> StandIn:
    operations = {"DetectLabels": lambda _: answer}
    return StandIn("rekognition", operations, "InvalidParameterException", call_control)


def _ask(
    stand_in: StandIn, body: Any, operation: str = "DetectLabels", signature: str = ""
) -> tuple[int, Any]:
    headers = {"x-amz-target": f"RekognitionService.{operation}", "authorization": signature}
    status, _, answer = asyncio.run(
        stand_in.handle("POST", "/", headers, json.dumps(body).encode(), {})
    )
    return status, json.loads(answer)


PICTURE = {"Image": {"Bytes": "aGk="}}


def test_handle_when_request_is_fine_then_answered_and_counted() -> None:
    call_control = CallControl()
    assert _ask(_rekognition(call_control), PICTURE) == (200, ANSWER)
    assert call_control.calls() == {"rekognition": {"DetectLabels": {"ok": 1}}}


def test_handle_when_root_calls_and_a_role_then_roots_calls_are_counted_apart() -> None:
    call_control = CallControl()
    for keys in ("test", "ASIAROLE", "test"):
        signature = (
            f"AWS4-HMAC-SHA256 Credential={keys}/20261120/us-east-1/rekognition/aws4_request"
        )
        _ask(_rekognition(call_control), PICTURE, signature=signature)
    assert call_control.calls() == {"rekognition": {"DetectLabels": {"ok": 3}}}
    assert call_control.calls(of_root=True) == {"rekognition": {"DetectLabels": {"ok": 2}}}
    call_control.reset_calls()
    assert call_control.calls(of_root=True) == {}


def test_handle_when_request_breaks_the_model_then_the_services_own_error() -> None:
    status, answer = _ask(_rekognition(CallControl()), {"MaxLabels": -1} | PICTURE)
    assert (status, answer["__type"]) == (400, "InvalidParameterException")
    assert "maxLabels" in answer["message"] or "MaxLabels" in answer["message"]


def test_handle_when_answer_breaks_the_model_then_internal_error() -> None:
    status, answer = _ask(_rekognition(CallControl(), {"Labels": [{"Name": 3}]}), PICTURE)
    assert (status, answer["__type"]) == (500, "InternalServerError")


def test_handle_when_operation_is_not_simulated_then_says_so() -> None:
    status, answer = _ask(_rekognition(CallControl()), {}, "CompareFaces")
    assert (status, answer["__type"]) == (400, "UnknownOperationException")


def test_handle_when_fault_is_ordered_twice_then_two_calls_fail() -> None:
    call_control = CallControl()
    call_control.order(InjectedFault("rekognition", "DetectLabels", "ThrottlingException", times=2))
    codes = [_ask(_rekognition(call_control), PICTURE)[0] for _ in range(3)]
    assert codes == [400, 400, 200]
    assert call_control.calls()["rekognition"]["DetectLabels"] == {
        "ThrottlingException": 2,
        "ok": 1,
    }


def test_handle_when_operation_refuses_then_code_and_message_of_the_fault() -> None:
    def refuse(_: Any) -> Any:
        raise ServiceFault("InvalidImageFormatException", "Request has invalid image format")

    stand_in = StandIn("rekognition", {"DetectLabels": refuse}, "X", CallControl())
    status, answer = _ask(stand_in, PICTURE)
    assert (status, answer["__type"]) == (400, "InvalidImageFormatException")
    assert answer["message"] == "Request has invalid image format"


@pytest.mark.parametrize(
    ("method", "path", "operation", "label"),
    [
        ("POST", "/model/amazon.titan-embed-image-v1/invoke", "InvokeModel",
         "amazon.titan-embed-image-v1"),
        ("POST", "/model/arn:aws:bedrock:us-east-1:1:provisioned-model/abc/invoke", "InvokeModel",
         "arn:aws:bedrock:us-east-1:1:provisioned-model/abc"),
        ("POST", "/model/us.amazon.nova-pro-v1:0/converse", "Converse", "us.amazon.nova-pro-v1:0"),
    ],
)  # fmt: skip
def test_match_when_model_is_an_id_or_an_arn_then_both_found(
    method: str, path: str, operation: str, label: str
) -> None:
    stand_in = StandIn("bedrock-runtime", {}, "ValidationException", CallControl())
    assert stand_in._match(method, path) == (operation, {"modelId": label})
