"""State change events of training jobs."""

from __future__ import annotations

import logging
import queue
import threading
import time
from typing import Any

from onmodel_local.standins.aws_services import AwsServices
from onmodel_local.standins.delivery import Delivery
from onmodel_local.standins.sagemaker.answers import event_detail
from onmodel_local.standins.sagemaker.records import TrainingJob

logger = logging.getLogger("onmodel.local")

SOURCE = "aws.sagemaker"
DETAIL_TYPE = "SageMaker Training Job State Change"


class TrainingJobEvents:
    """Puts events on the bus, in their order.

    SageMaker may send several for one change: two, by default here.
    """

    def __init__(self, aws: AwsServices) -> None:
        self._aws = aws
        self.delivery = Delivery(times=2)
        self._waiting: queue.SimpleQueue[tuple[TrainingJob, dict[str, Any], int]] = (
            queue.SimpleQueue()
        )
        threading.Thread(target=self._send, daemon=True, name="training-job-events").start()

    def tell(self, job: TrainingJob) -> None:
        """Send the job's present state, as often as the delivery says; returns at once."""
        self._waiting.put((job, event_detail(job), self.delivery.times))

    def put(self, job: TrainingJob, detail: dict[str, Any]) -> None:
        states = detail["TrainingJobStatus"], detail["SecondaryStatus"]
        logger.info("job %s: %s, %s", job.name, *states)
        self._aws.publish(SOURCE, DETAIL_TYPE, job.arn, detail)

    def _send(self) -> None:
        while True:
            job, detail, times = self._waiting.get()
            time.sleep(self.delivery.delay_seconds)
            for _ in range(times):
                self.put(job, detail)
