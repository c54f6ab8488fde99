"""Handles a batch of the caption queue; only messages that failed are delivered again."""

from __future__ import annotations

from typing import Protocol

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from pydantic import ValidationError

from onmodel.contracts.captions import (
    CaptionMessage,
    PartialFailures,
    QueuedMessage,
    QueuedMessages,
)
from onmodel.errors import EventRefused
from onmodel.observability import logger


class Captioning(Protocol):
    """Captions one crop and answers its token."""

    def caption(self, message: CaptionMessage, receives: int) -> None: ...


def caption_messages(messages: QueuedMessages, crops: Captioning) -> PartialFailures:
    """Caption each message; those that raise are named, so that the queue delivers them again."""

    def caption(record: SQSRecord) -> None:
        queued = QueuedMessage.model_validate(record.raw_event)
        logger.append_keys(correlation_id=queued.correlation_id)  # not the id of the message before
        try:
            _caption(queued, crops)
        except Exception:
            logger.exception(
                "a message failed and is delivered again", message_id=queued.message_id
            )
            raise

    # The invocation succeeds even if all messages failed: each message is counted by itself.
    processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
    answer = process_partial_response(
        event=messages.model_dump(mode="json", by_alias=True),
        record_handler=caption,
        processor=processor,
    )
    logger.append_keys(correlation_id=messages.correlation_id)
    return PartialFailures.model_validate(answer)


def _caption(queued: QueuedMessage, crops: Captioning) -> None:
    """Raises EventRefused for a message of another form; it ends as a dead letter."""
    try:
        message = CaptionMessage.from_stored(queued.body)
    except ValidationError as fault:
        raise EventRefused(f"Message {queued.message_id} is no caption request: {fault}") from fault
    crops.caption(message, queued.receives)
