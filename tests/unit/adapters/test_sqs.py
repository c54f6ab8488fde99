from __future__ import annotations

import json

import pytest

from onmodel.adapters.sqs import SqsQueue
from onmodel.errors import ServiceError


def test_send_when_without_delay_then_handed_out_at_once(aws) -> None:
    client = aws("sqs")
    url = client.create_queue(QueueName="captions")["QueueUrl"]
    SqsQueue(client, url).send(json.dumps({"token": "t"}), 0)
    (message,) = client.receive_message(QueueUrl=url)["Messages"]
    assert json.loads(message["Body"]) == {"token": "t"}


def test_send_when_delayed_then_not_yet_handed_out(aws) -> None:
    client = aws("sqs")
    url = client.create_queue(QueueName="captions")["QueueUrl"]
    SqsQueue(client, url).send("{}", 900)
    assert "Messages" not in client.receive_message(QueueUrl=url)


def test_send_when_the_queue_is_gone_then_a_service_error(aws) -> None:
    client = aws("sqs")
    url = client.create_queue(QueueName="captions")["QueueUrl"]
    client.delete_queue(QueueUrl=url)
    with pytest.raises(ServiceError):
        SqsQueue(client, url).send("{}", 0)
