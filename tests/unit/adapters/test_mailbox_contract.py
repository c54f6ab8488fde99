"""What every Mailbox keeps: the fake and SNS."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from fakes.mailbox import InMemoryMailbox, Mail

from onmodel.adapters.sns import SnsMailbox
from onmodel.errors import NotFound
from onmodel.ports.account import Mailbox

Box = tuple[Mailbox, Callable[[], list[Mail]]]


@pytest.fixture(params=["fake", "sns"])
def box(request: pytest.FixtureRequest) -> Box:
    """The mailbox, and how to read what arrived."""
    if request.param == "fake":
        fake = InMemoryMailbox()
        return fake, lambda: fake.mails
    aws = request.getfixturevalue("aws")
    sns, sqs = aws("sns"), aws("sqs")
    topic = sns.create_topic(Name="mails")["TopicArn"]
    queue = sqs.create_queue(QueueName="inbox")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn["Attributes"]["QueueArn"])

    def read() -> list[Mail]:
        answer = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
        return [_to_mail(json.loads(item["Body"])) for item in answer.get("Messages", [])]

    return SnsMailbox(sns, topic), read


def _to_mail(note: dict) -> Mail:
    result = {name: value["Value"] for name, value in note["MessageAttributes"].items()}
    return Mail(note["Subject"], note["Message"], result["mail_id"], result["correlation_id"])


def test_publish_when_read_then_subject_body_and_ids(box: Box) -> None:
    mailbox, read = box
    mailbox.publish("Your film is ready", "Grüße\n…", "mail-1", "corr-1")
    assert read() == [Mail("Your film is ready", "Grüße\n…", "mail-1", "corr-1")]


@pytest.mark.parametrize("subject", ["", "x" * 100, "Grüße", "two\nlines", " leading", "tab\t"])
def test_publish_when_subject_is_impossible_then_refused(box: Box, subject: str) -> None:
    mailbox, read = box
    with pytest.raises(ValueError, match="subject"):
        mailbox.publish(subject, "body", "m", "c")
    assert read() == []


def test_publish_when_subject_has_99_characters_then_sent(box: Box) -> None:
    mailbox, read = box
    mailbox.publish("x" * 99, "body", "m", "c")
    assert [len(mail.subject) for mail in read()] == [99]


def test_publish_when_topic_is_gone_then_not_found(aws) -> None:
    arn = "arn:aws:sns:us-east-1:123456789012:nothing"
    with pytest.raises(NotFound):
        SnsMailbox(aws("sns"), arn).publish("s", "b", "m", "c")
