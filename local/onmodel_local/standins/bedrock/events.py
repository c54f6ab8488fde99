"""State change events of customization jobs, with every field of the real ones."""

from __future__ import annotations

import logging
import time
from typing import Any

from onmodel_local.standins.aws_services import AwsServices
from onmodel_local.standins.bedrock.records import Job
from onmodel_local.standins.delivery import Delivery

logger = logging.getLogger("onmodel.local")

SOURCE = "aws.bedrock"
DETAIL_TYPE = "Model Customization Job State Change"


class CustomizationJobEvents:
    def __init__(self, aws: AwsServices, delivery: Delivery) -> None:
        self._aws = aws
        self._delivery = delivery

    def tell(self, job: Job) -> None:
        """Put the job's present state on the bus, as often as the delivery says."""
        details = detail(job)
        if self._delivery.delay_seconds:
            time.sleep(self._delivery.delay_seconds)
        for _ in range(self._delivery.times):
            self.put(job, details)

    def put(self, job: Job, details: dict[str, Any]) -> None:
        logger.info("simulated job %s: %s", details["jobName"], details["jobStatus"])
        self._aws.publish(SOURCE, DETAIL_TYPE, job.arn, details)


def detail(job: Job) -> dict[str, Any]:
    """`detail` of the event; times are ISO 8601 texts, hyperparameters texts."""
    request = job.request
    validators = request.get("validationDataConfig", {}).get("validators", [])
    return {
        "version": "0.0",
        "jobName": job.name,
        "jobArn": job.arn,
        "outputModelName": request["customModelName"],
        "outputModelArn": job.model_arn or "",
        "roleArn": request["roleArn"],
        "jobStatus": job.status,
        "failureMessage": job.failure or "",
        "creationTime": job.created.isoformat(),
        "lastModifiedTime": job.modified.isoformat(),
        "endTime": job.ended.isoformat() if job.ended else "",
        "baseModelArn": job.base_model_arn,
        "hyperParameters": dict(request.get("hyperParameters", {})),
        "trainingDataConfig": {"s3Uri": request["trainingDataConfig"]["s3Uri"]},
        "validationDataConfig": {"s3Uri": validators[0]["s3Uri"] if validators else ""},
        "outputDataConfig": {"s3Uri": request["outputDataConfig"]["s3Uri"]},
    }
