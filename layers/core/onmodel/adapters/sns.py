"""Mailbox over an SNS topic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from onmodel.adapters.faults import translated

if TYPE_CHECKING:
    from mypy_boto3_sns.client import SNSClient

SUBJECT_LIMIT = 100  # characters; SNS takes fewer than this


def check_subject(subject: str) -> None:
    """SNS's rule for e-mail subjects. Raises ValueError."""
    if not subject.isascii() or not subject.isprintable():
        raise ValueError(f"a subject is printable ASCII on one line: {subject!r}")
    if not 0 < len(subject) < SUBJECT_LIMIT:
        raise ValueError(f"a subject has 1 to {SUBJECT_LIMIT - 1} characters: {subject!r}")
    if subject[0].isspace():
        raise ValueError(f"a subject begins with a letter, digit or punctuation mark: {subject!r}")


class SnsMailbox:
    """The topic; `mail_id` stays the same when a mail is sent again."""

    def __init__(self, client: SNSClient, topic_arn: str) -> None:
        self._client = client
        self._topic_arn = topic_arn

    def publish(self, subject: str, body: str, mail_id: str, correlation_id: str) -> None:
        """Raises ValueError for a subject that SNS would refuse."""
        check_subject(subject)
        with translated():
            self._client.publish(
                TopicArn=self._topic_arn,
                Subject=subject,
                Message=body,
                MessageAttributes={
                    "mail_id": {"DataType": "String", "StringValue": mail_id},
                    "correlation_id": {"DataType": "String", "StringValue": correlation_id},
                },
            )
