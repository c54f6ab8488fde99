"""A queue over SQS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from onmodel.adapters.faults import translated

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient


class SqsQueue:
    """One standard queue."""

    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url

    def send(self, body: str, delay_seconds: int) -> None:
        """Send `body`, to be delivered after 0 to 900 seconds."""
        with translated():
            self._client.send_message(
                QueueUrl=self._url, MessageBody=body, DelaySeconds=delay_seconds
            )
