"""The caption queue: describe crops, and answer the tasks that wait for them."""

from onmodel.contracts.captions import PartialFailures, QueuedMessages
from onmodel.environment import Buckets, CacheTable, CaptionQueueVariables
from onmodel.handler import lambda_handler
from onmodel.steps.caption_crop import CaptionCrop
from onmodel.steps.caption_messages import caption_messages
from onmodel.wiring import services

wired = services(Buckets, CacheTable, CaptionQueueVariables)


@lambda_handler(QueuedMessages)
def handler(request: QueuedMessages) -> PartialFailures:
    crops = CaptionCrop(
        studio=wired.studio,
        cache=wired.cache,
        model=wired.caption_model,
        tokens=wired.tokens,
        queue=wired.caption_queue,
        limits=wired.dataset_limits,
    )
    return caption_messages(request, crops)
