"""Receives the mails that the product publishes, and writes them as text files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from onmodel_local.deploy import Target

QUEUE = "onmodel-local-mails"
SIMULATED = (
    "written by the local stack, which simulates AWS's services: nothing was sent or paid for."
    " Its pages say what of a training and of pictures is simulated"
)
_BATCH = 10  # SQS gives at most ten messages at a time


@dataclass(frozen=True)
class CaughtMail:
    """One published message, as an e-mail subscriber would get it."""

    mail_id: str
    subject: str
    body: str
    correlation_id: str = ""

    def as_text(self) -> str:
        return (
            f"Subject: {self.subject}\nMail-Id: {self.mail_id}\n"
            f"Correlation-Id: {self.correlation_id}\nNote: {SIMULATED}\n\n"
            f"{self.body.rstrip()}\n"
        )


class MailCatcher:
    """Subscribes a queue to the topic; receives what is published from then on.

    Args:
        stack: a running local stack.
        topic_arn: output `TopicArn` of the deployed template.
    """

    def __init__(self, stack: Target, topic_arn: str) -> None:
        self._sqs = stack.client("sqs")
        # both calls return what exists, so a second catcher continues where the first stopped
        self._queue: str = self._sqs.create_queue(QueueName=QUEUE)["QueueUrl"]
        described = self._sqs.get_queue_attributes(
            QueueUrl=self._queue, AttributeNames=["QueueArn"]
        )
        arn = described["Attributes"]["QueueArn"]
        self._sqs.set_queue_attributes(
            QueueUrl=self._queue, Attributes={"Policy": _policy(arn, topic_arn)}
        )
        stack.client("sns").subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=arn)

    def mails(self, wait_seconds: int = 0) -> list[CaughtMail]:
        """Mails since the last call; each is returned once.

        Args:
            wait_seconds: how long to wait for the first one, 0 to 20.
        """
        return [_mail(message) for message in self._messages(wait_seconds)]

    def collect(self, folder: Path, wait_seconds: int = 0) -> list[Path]:
        """Write each new mail as <number>-<mail_id>.txt; returns the new files in their order."""
        folder.mkdir(parents=True, exist_ok=True)
        written = []
        for mail in self.mails(wait_seconds):
            number = sum(1 for _ in folder.glob("*.txt")) + 1
            name = re.sub(r"[^a-zA-Z0-9.-]+", "-", mail.mail_id)[:120] or "mail"
            path = folder / f"{number:04d}-{name}.txt"
            path.write_text(mail.as_text(), encoding="utf-8")
            written.append(path)
        return written

    def _messages(self, wait_seconds: int) -> Iterator[dict[str, Any]]:
        while True:
            answer = self._sqs.receive_message(
                QueueUrl=self._queue, MaxNumberOfMessages=_BATCH, WaitTimeSeconds=wait_seconds
            )
            found = answer.get("Messages", [])
            if not found:
                return
            for message in found:
                self._sqs.delete_message(
                    QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"]
                )
                yield message
            wait_seconds = 0


def _policy(queue_arn: str, topic_arn: str) -> str:
    """Allows the topic to send to the queue; required here as on AWS."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _mail(message: dict[str, Any]) -> CaughtMail:
    envelope = json.loads(message["Body"])
    attributes = {
        name: attribute["Value"]
        for name, attribute in envelope.get("MessageAttributes", {}).items()
    }
    return CaughtMail(
        mail_id=attributes.get("mail_id", envelope["MessageId"]),
        subject=envelope.get("Subject") or "",
        body=envelope["Message"],
        correlation_id=attributes.get("correlation_id", ""),
    )
