"""botocore's exceptions → the errors of onmodel, by error code and exception class only.

Messages are for people and may change; codes are part of each service's API.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    FlexibleChecksumError,
    HTTPClientError,
    IncompleteReadError,
    ResponseStreamingError,
)
from botocore.exceptions import ConnectionError as BotoConnectionError

from onmodel.errors import (
    AccessDenied,
    AnswerRefused,
    Conflict,
    NotFound,
    ServiceError,
    ServiceUnavailable,
    Throttled,
)

THROTTLES = frozenset(
    {
        "429",
        "BandwidthLimitExceeded",
        "KmsThrottlingException",
        "KMSThrottling",
        "KMSThrottlingException",
        "LimitExceededException",
        "ModelNotReadyException",  # the model is being loaded: call again, as botocore does
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
OUTAGES = frozenset(
    {
        "500",
        "502",
        "503",
        "504",
        "InternalError",
        "InternalErrorException",
        "InternalException",
        "InternalFailure",
        "InternalServerError",
        "InternalServerException",
        "InternalServiceError",
        "ModelErrorException",
        "ModelTimeoutException",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
    }
)
DENIALS = frozenset(
    {
        "403",
        "AccessDenied",
        "AccessDeniedException",
        "AuthorizationError",  # SNS
        "AuthorizationErrorException",
        "UnauthorizedOperation",
    }
)
ABSENCES = frozenset(
    {
        "404",
        "405",  # HEAD of a delete marker
        "ExecutionDoesNotExist",
        "MethodNotAllowed",  # GET of a delete marker
        "NoSuchBucket",
        "NoSuchEntity",  # IAM
        "NoSuchKey",
        "NoSuchResourceException",
        "NoSuchVersion",
        "NotFound",
        "NotFoundException",
        "ResourceNotFoundException",
        "StateMachineDoesNotExist",
    }
)
CONFLICTS = frozenset(
    {
        "412",
        "ConditionalCheckFailedException",
        "ConditionalRequestConflict",
        "ConflictException",
        "PreconditionFailed",
        "ReplicatedWriteConflictException",
        "ResourceInUseException",
        "TransactionConflictException",
    }
)
BROKEN_CONNECTIONS = (
    BotoConnectionError,
    HTTPClientError,
    FlexibleChecksumError,  # the body was damaged on its way: try again
    IncompleteReadError,
    ResponseStreamingError,
)


def code_of(fault: ClientError) -> str:
    """The service's error code, for example `ThrottlingException`."""
    return str(fault.response.get("Error", {}).get("Code", ""))


def from_client_error(fault: ClientError, refused: Collection[str] = ()) -> ServiceError:
    """The error of onmodel for an answer of AWS.

    Args:
        fault: what botocore raised.
        refused: codes that mean, for this call, that the input cannot be answered.
    """
    code = code_of(fault)
    if code in refused:
        return AnswerRefused(str(fault))
    for codes, error in (
        (THROTTLES, Throttled),
        (OUTAGES, ServiceUnavailable),
        (DENIALS, AccessDenied),
        (ABSENCES, NotFound),
        (CONFLICTS, Conflict),
    ):
        if code in codes:
            return error(str(fault))
    status = fault.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if status >= 500:  # not all codes of a service's own failures are known
        return ServiceUnavailable(str(fault))
    return ServiceError(str(fault))


@contextmanager
def translated(*, refused: Collection[str] = ()) -> Iterator[None]:
    """Raise the errors of onmodel for those of botocore.

    Raises:
        Throttled, ServiceUnavailable, AccessDenied, NotFound, Conflict: by error code.
        AnswerRefused: for a code in `refused`.
        ServiceError: for all others: invalid requests, missing credentials.
    """
    try:
        yield
    except ClientError as fault:
        raise from_client_error(fault, refused) from fault
    except BROKEN_CONNECTIONS as fault:
        raise ServiceUnavailable(str(fault)) from fault
    except BotoCoreError as fault:
        raise ServiceError(str(fault)) from fault
