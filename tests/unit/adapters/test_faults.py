from __future__ import annotations

import json
from pathlib import Path

import botocore
import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    IncompleteReadError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
)

from onmodel.adapters.faults import translated
from onmodel.errors import (
    AccessDenied,
    AnswerRefused,
    Conflict,
    NotFound,
    ServiceError,
    ServiceUnavailable,
    Throttled,
)


def fault(code: str, message: str = "", status: int = 400) -> ClientError:
    answer = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(answer, "AnyCall")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("ThrottlingException", Throttled),
        ("ProvisionedThroughputExceededException", Throttled),
        ("SlowDown", Throttled),
        ("TooManyRequestsException", Throttled),
        ("InternalServerException", ServiceUnavailable),
        ("ServiceUnavailableException", ServiceUnavailable),
        ("ModelTimeoutException", ServiceUnavailable),
        ("NoSuchKey", NotFound),
        ("404", NotFound),
        ("ResourceNotFoundException", NotFound),
        ("ConditionalCheckFailedException", Conflict),
        ("PreconditionFailed", Conflict),
        ("ConflictException", Conflict),
        ("AccessDeniedException", AccessDenied),
        ("ValidationException", ServiceError),
    ],
)
def test_translated_when_client_error_then_by_code(code: str, expected: type) -> None:
    with pytest.raises(ServiceError) as caught, translated():
        raise fault(code)
    assert type(caught.value) is expected
    assert isinstance(caught.value.__cause__, ClientError)


def test_translated_when_message_speaks_of_throttling_then_code_decides() -> None:
    with pytest.raises(ServiceError) as caught, translated():
        raise fault("ValidationException", "ThrottlingException: slow down, 404 not found")
    assert type(caught.value) is ServiceError


def test_translated_when_code_is_unknown_but_status_is_500_then_unavailable() -> None:
    with pytest.raises(ServiceUnavailable), translated():
        raise fault("SomethingNew", status=503)


def test_translated_when_code_is_refused_by_the_call_then_answer_refused() -> None:
    with pytest.raises(AnswerRefused), translated(refused={"ValidationException"}):
        raise fault("ValidationException")


@pytest.mark.parametrize(
    "broken",
    [
        EndpointConnectionError(endpoint_url="https://x.invalid"),
        ConnectTimeoutError(endpoint_url="https://x.invalid"),
        ReadTimeoutError(endpoint_url="https://x.invalid"),
        IncompleteReadError(actual_bytes=1, expected_bytes=2),
    ],
    ids=lambda error: type(error).__name__,
)
def test_translated_when_connection_breaks_then_unavailable(broken: Exception) -> None:
    with pytest.raises(ServiceUnavailable), translated():
        raise broken


@pytest.mark.parametrize(
    "ours", [NoCredentialsError(), ParamValidationError(report="x")], ids=["credentials", "params"]
)
def test_translated_when_we_are_at_fault_then_service_error_that_no_retry_heals(
    ours: Exception,
) -> None:
    with pytest.raises(ServiceError) as caught, translated():
        raise ours
    assert type(caught.value) is ServiceError


def test_translated_when_other_exception_then_untouched() -> None:
    with pytest.raises(KeyError), translated():
        raise KeyError("bug")


def test_every_code_that_botocore_throttles_on_is_a_throttle() -> None:
    rules = json.loads((Path(botocore.__file__).parent / "data" / "_retry.json").read_text())
    answers = [rule["applies_when"].get("response", {}) for rule in rules["definitions"].values()]
    named = {answer["service_error_code"] for answer in answers if "service_error_code" in answer}
    assert "ThrottledException" in named
    for code in named:
        with pytest.raises(Throttled), translated():
            raise fault(code)
