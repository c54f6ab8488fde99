"""EventBus over EventBridge."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from onmodel.adapters.faults import from_client_error, translated

if TYPE_CHECKING:
    from mypy_boto3_events.client import EventBridgeClient


class EventBridgeBus:
    """Events of one source on one bus."""

    def __init__(self, client: EventBridgeClient, bus: str, source: str = "onmodel") -> None:
        self._client = client
        self._bus = bus
        self._source = source

    def put(self, detail_type: str, detail: Mapping[str, Any]) -> None:
        with translated():
            answer = self._client.put_events(
                Entries=[
                    {
                        "EventBusName": self._bus,
                        "Source": self._source,
                        "DetailType": detail_type,
                        "Detail": json.dumps(detail),
                    }
                ]
            )
        if answer["FailedEntryCount"]:  # HTTP 200 with a refused entry
            entry = answer["Entries"][0]
            code, message = entry.get("ErrorCode", ""), entry.get("ErrorMessage", "")
            fault = ClientError({"Error": {"Code": code, "Message": message}}, "PutEvents")
            raise from_client_error(fault)
