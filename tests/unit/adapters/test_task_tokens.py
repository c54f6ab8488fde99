from __future__ import annotations

from collections.abc import Iterator

import pytest
from botocore.stub import Stubber
from fakes.task_tokens import InMemoryTaskTokens

from onmodel.adapters.stepfunctions import StepFunctionsTaskTokens
from onmodel.errors import ServiceError, ServiceUnavailable
from onmodel.ports.machines import TaskTokens


@pytest.fixture
def tokens(aws) -> Iterator[tuple[StepFunctionsTaskTokens, Stubber]]:
    client = aws("stepfunctions")
    with Stubber(client) as stub:
        yield StepFunctionsTaskTokens(client), stub


def test_answer_when_somebody_waits_then_true(tokens) -> None:
    adapter, stub = tokens
    stub.add_response(
        "send_task_success", {}, {"taskToken": "t", "output": '{"caption": "Gr\\u00fc\\u00dfe"}'}
    )
    stub.add_response(
        "send_task_failure", {}, {"taskToken": "t", "error": "AnswerRefused", "cause": "filtered"}
    )
    assert adapter.succeed("t", {"caption": "Grüße"}) is True
    assert adapter.fail("t", "AnswerRefused", "filtered") is True


@pytest.mark.parametrize("code", ["TaskTimedOut", "InvalidToken", "TaskDoesNotExist"])
def test_answer_when_nobody_waits_then_false(tokens, code: str) -> None:
    adapter, stub = tokens
    stub.add_client_error("send_task_success", code)
    stub.add_client_error("send_task_failure", code)
    assert adapter.succeed("t", {}) is False
    assert adapter.fail("t", "Any", "thing") is False


def test_answer_when_service_fails_or_output_is_refused_then_error(tokens) -> None:
    adapter, stub = tokens
    stub.add_client_error("send_task_success", "ServiceUnavailable", http_status_code=503)
    with pytest.raises(ServiceUnavailable):
        adapter.succeed("t", {})
    stub.add_client_error("send_task_success", "InvalidOutput")
    with pytest.raises(ServiceError):
        adapter.succeed("t", {})


def test_fail_when_cause_is_long_then_cut_to_what_aws_takes(tokens) -> None:
    adapter, stub = tokens
    stub.add_response(
        "send_task_failure", {}, {"taskToken": "t", "error": "e" * 256, "cause": "c" * 32_768}
    )
    assert adapter.fail("t", "e" * 300, "c" * 40_000) is True


def test_fake_when_answered_then_only_once() -> None:
    fake = InMemoryTaskTokens(["a", "b"])
    port: TaskTokens = fake
    assert (port.succeed("a", {"x": 1}), port.succeed("a", {"x": 2})) == (True, False)
    assert (port.fail("b", "E", "why"), port.fail("c", "E", "why")) == (True, False)
    assert (fake.succeeded, fake.failed) == ({"a": {"x": 1}}, {"b": ("E", "why")})
