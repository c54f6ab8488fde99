"""Queues of the local stack, to which tests let it send."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from waiting import wait_until


@dataclass(frozen=True)
class Queue:
    """A queue that everybody may send to. What is read of it is deleted."""

    client: Any
    url: str
    arn: str

    def read(self, wait_seconds: int = 0) -> list[str]:
        """Bodies of the messages there, and of those that follow within these seconds."""
        found: list[str] = []
        while messages := self.client.receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=10, WaitTimeSeconds=wait_seconds
        ).get("Messages"):
            for message in messages:
                found.append(message["Body"])
                self.client.delete_message(
                    QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"]
                )
        return found

    def read_until(self, enough: Callable[[list[str]], bool] = bool) -> list[str]:
        """Bodies of the messages that come until they are enough: until there is one."""
        found: list[str] = []

        def are_enough() -> bool:
            found.extend(self.read())
            return enough(found)

        wait_until(are_enough, lambda: f"only {found} came")
        return found


def make_queue(client: Any, name: str) -> Queue:
    """The queue of this name, empty; `client` is one of SQS."""
    url = client.create_queue(QueueName=name)["QueueUrl"]
    asked = client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    arn = asked["Attributes"]["QueueArn"]
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    client.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    queue = Queue(client, url, arn)
    queue.read()
    return queue


def send_to(queue: Queue, events: Any, rule: str, pattern: dict[str, Any]) -> None:
    """Let a rule send the events that match to the queue; `events` is a client of EventBridge."""
    events.put_rule(Name=rule, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=rule, Targets=[{"Id": "queue", "Arn": queue.arn}])
