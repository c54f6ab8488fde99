"""A batch of the caption queue: each message by itself; only those that failed come again."""

from __future__ import annotations

from typing import Protocol

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from pydantic import ValidationError

from onmodel.contracts.datasets import (
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
    """Caption each; what raises is named for the queue to hand out again."""

    def caption(record: SQSRecord) -> None:
        queued = QueuedMessage.model_validate(record.raw_event)
        logger.append_keys(correlation_id=queued.correlation_id)  # never the one before it's
        try:
            _caption(queued, crops)
        except Exception:
            logger.exception("a message failed and comes again", message_id=queued.message_id)
            raise

    # A batch of which all failed is no failed invocation: its messages are counted one by one.
    processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
    answer = process_partial_response(
        event=messages.model_dump(mode="json", by_alias=True),
        record_handler=caption,
        processor=processor,
    )
    logger.append_keys(correlation_id=messages.correlation_id)
    return PartialFailures.model_validate(answer)


def _caption(queued: QueuedMessage, crops: Captioning) -> None:
    """Raises EventRefused for a message that nobody of ours sent; it ends as a dead letter."""
    try:
        message = CaptionMessage.model_validate_json(queued.body)
    except ValidationError as fault:
        raise EventRefused(f"Message {queued.message_id} is no caption request: {fault}") from fault
    crops.caption(message, queued.receives)
