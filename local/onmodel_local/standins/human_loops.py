"""Amazon A2I's human loops, with a simulated worker who keeps every picture as it is shown.

No flow definitions are made here: every one exists, and writes answers into the bucket of the
pictures, below `human-loops/`, as docs/review-a2i.md asks for.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from onmodel.datasets.human_loops import NOBODY
from onmodel_local.simulation_settings import SimulationSettings
from onmodel_local.standins.aws_services import AwsServices
from onmodel_local.standins.errors import ServiceFault
from onmodel_local.standins.patience import utc_now
from onmodel_local.standins.service import Operation

logger = logging.getLogger("onmodel.local")

SOURCE = "aws.sagemaker"
DETAIL_TYPE = "SageMaker A2I HumanLoop Status Change"
IN_PROGRESS, COMPLETED, STOPPED = "InProgress", "Completed", "Stopped"
TIMES = 2
"""Events of one end: AWS delivers them at least once."""


@dataclass
class HumanLoop:
    name: str
    flow_definition: str
    content: dict[str, Any]
    created_at: datetime
    status: str = IN_PROGRESS
    output_uri: str | None = None


class SimulatedHumanLoops:
    """Operations of the stand-in."""

    def __init__(self, settings: SimulationSettings, aws: AwsServices) -> None:
        self._settings = settings
        self._aws = aws
        self._lock = threading.Lock()
        self.loops: dict[str, HumanLoop] = {}

    def operations(self) -> dict[str, Operation]:
        return {
            "StartHumanLoop": self.start,
            "DescribeHumanLoop": self.describe,
            "StopHumanLoop": self.stop,
        }

    def start(self, request: dict[str, Any]) -> dict[str, Any]:
        name = request["HumanLoopName"]
        try:
            content = json.loads(request["HumanLoopInput"]["InputContent"])
        except ValueError as fault:
            raise ServiceFault("ValidationException", "InputContent is no JSON") from fault
        with self._lock:
            if name in self.loops:
                raise ServiceFault("ConflictException", f"The human loop {name} exists")
            loop = HumanLoop(name, request["FlowDefinitionArn"], content, utc_now())
            self.loops[name] = loop
        thread = threading.Thread(target=self._live, args=(loop,), daemon=True, name=name)
        thread.start()
        return {"HumanLoopArn": self._arn(name)}

    async def describe(self, request: dict[str, Any]) -> dict[str, Any]:
        loop = self._found(request)
        # Of a loop that was started before the stack was, nobody waits for the end. The answers
        # are written by a call of S3, which this thread would have to answer: by another one.
        await asyncio.to_thread(self._complete_if_due, loop)
        answer = {
            "CreationTime": loop.created_at,
            "HumanLoopStatus": loop.status,
            "HumanLoopName": loop.name,
            "HumanLoopArn": self._arn(loop.name),
            "FlowDefinitionArn": loop.flow_definition,
        }
        if loop.output_uri is not None:
            answer["HumanLoopOutput"] = {"OutputS3Uri": loop.output_uri}
        return answer

    def stop(self, request: dict[str, Any]) -> dict[str, Any]:
        loop = self._found(request)
        if self._end(loop, STOPPED):
            self._publish(loop)
        return {}

    def _live(self, loop: HumanLoop) -> None:
        time.sleep(self._settings.human_loop_seconds)
        if self._complete_if_due(loop):
            self._publish(loop)

    def _complete_if_due(self, loop: HumanLoop) -> bool:
        age = (utc_now() - loop.created_at).total_seconds()
        if loop.status != IN_PROGRESS or age < self._settings.human_loop_seconds:
            return False
        output_uri = self._output_uri(loop)
        self._aws.write_as_service(output_uri, json.dumps(_answered(loop)).encode())
        loop.output_uri = output_uri
        return self._end(loop, COMPLETED)

    def _end(self, loop: HumanLoop, status: str) -> bool:
        """False when it had ended before."""
        with self._lock:
            if loop.status != IN_PROGRESS:
                return False
            loop.status = status
        logger.info("human loop %s: %s (simulated)", loop.name, status)
        return True

    def _output_uri(self, loop: HumanLoop) -> str:
        pictures = loop.content.get("pictures", [])
        bucket = pictures[0]["picture"].removeprefix("s3://").partition("/")[0]
        flow = loop.flow_definition.rpartition("/")[2]
        day = f"{loop.created_at:%Y/%m/%d/%H/%M/%S}"
        return f"s3://{bucket}/human-loops/{flow}/{day}/{loop.name}/output.json"

    def _publish(self, loop: HumanLoop) -> None:
        arn = self._arn(loop.name)
        detail = {
            "creationTime": loop.created_at.isoformat(),
            "failureCode": None,
            "failureReason": None,
            "flowDefinitionArn": loop.flow_definition,
            "humanLoopArn": arn,
            "humanLoopName": loop.name,
            "humanLoopOutput": loop.output_uri and {"outputS3Uri": loop.output_uri},
            "humanLoopStatus": loop.status,
        }
        for _ in range(TIMES):
            self._aws.publish(SOURCE, DETAIL_TYPE, arn, detail)

    def _found(self, request: dict[str, Any]) -> HumanLoop:
        name = request["HumanLoopName"]
        if name not in self.loops:
            raise ServiceFault("ResourceNotFoundException", f"No human loop {name}")
        return self.loops[name]

    def _arn(self, name: str) -> str:
        return f"arn:aws:sagemaker:{self._aws.region}:{self._aws.account}:human-loop/{name}"


def _answered(loop: HumanLoop) -> dict[str, Any]:
    """output.json: a choice of the form as A2I writes it, names and captions as they were shown."""
    content: dict[str, Any] = {}
    for picture in loop.content.get("pictures", []):
        content[f"verdict-{picture['id']}"] = {"keep": True, "reject": False}
        content[f"character-{picture['id']}"] = picture["character"] or NOBODY
        content[f"caption-{picture['id']}"] = picture["caption"]
    now = f"{utc_now():%Y-%m-%dT%H:%M:%SZ}"
    answer = {
        "acceptanceTime": now,
        "answerContent": content,
        "submissionTime": now,
        "timeSpentInSeconds": 1,
        "workerId": "simulated",
    }
    return {
        "flowDefinitionArn": loop.flow_definition,
        "humanAnswers": [answer],
        "humanLoopName": loop.name,
        "inputContent": loop.content,
    }
