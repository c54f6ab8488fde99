"""Answers CloudFormation's requests to a custom resource."""

from __future__ import annotations

import json
import urllib.request

from onmodel.contracts.operations import DeletionGuardEvent
from onmodel.errors import ServiceUnavailable

TIMEOUT_SECONDS = 20
REASON_LIMIT = 1000  # the document may have 4,096 bytes


def answer_custom_resource(
    event: DeletionGuardEvent, *, status: str, reason: str, physical_id: str
) -> None:
    """Put the answer where CloudFormation waits for it, up to an hour.

    Raises:
        ServiceUnavailable: it could not be put; Lambda calls the function again.
    """
    body = json.dumps(
        {
            "Status": status,
            "Reason": reason[:REASON_LIMIT],
            "PhysicalResourceId": event.physical_id or physical_id,
            "StackId": event.stack_id,
            "RequestId": event.request_id,
            "LogicalResourceId": event.logical_id,
        }
    ).encode()
    request = urllib.request.Request(  # noqa: S310 - the contract takes http and https only
        event.response_url,
        data=body,
        method="PUT",
        headers={"Content-Type": "", "Content-Length": str(len(body))},  # as signed
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS):  # noqa: S310 - as above
            return
    except OSError as fault:  # URLError and HTTPError are OSErrors
        raise ServiceUnavailable(f"CloudFormation could not be answered: {fault}") from fault
