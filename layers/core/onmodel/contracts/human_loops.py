"""Human loops of Amazon Augmented AI (A2I): rows, events, and what people see and answer."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from pydantic import Field

from onmodel.contracts.base import Consumed, Contract
from onmodel.contracts.datasets import CropId, DatasetRequest

HUMAN_LOOPS_FOLDER = "human-loops/"
"""Of the studio bucket: the flow definition writes answers below it."""

MOST_PICTURES = 20
"""Of one loop: a person answers it on one page, in about ten minutes, and what nobody answered in
time is at most this."""


LARGEST_OUTPUT_BYTES = 8_000_000
"""Of an output.json. What a loop shows and 20 captions of each of several people are below 1 MB;
reading 50 MB would take more memory than functions have."""


class HumanLoopStatus(StrEnum):
    """What became of a loop. Its row is written before A2I is asked to start it."""

    STARTED = "started"
    COMPLETED = "completed"
    FAILED = "failed"
    STOPPED = "stopped"


class HumanLoopBody(Contract):
    """One loop. Id: its name at A2I."""

    dataset_id: str
    approval_id: str = Field(description="of the review that goes on when all its loops ended")
    execution_arn: str
    crop_ids: tuple[CropId, ...]
    started_at: datetime | None = Field(
        default=None, description="A2I took it; None: it may not have, and is asked again"
    )
    reason: str = Field(default="", description="why it has no answers, or not all")
    ended_at: datetime | None = None


class StartHumanLoopsRequest(DatasetRequest):
    execution_arn: str


class HumanLoopsStarted(Contract):
    loops: int = Field(ge=0, description="0: people have decided about every picture already")


# ── what A2I says ────────────────────────────────────────────────────────────────────────────────


class HumanLoopOutput(Consumed):
    uri: str | None = Field(default=None, alias="outputS3Uri")


class HumanLoopDetail(Consumed):
    name: str = Field(alias="humanLoopName", pattern=r"^[a-z0-9](-*[a-z0-9])*$", max_length=63)
    status: Literal["Completed", "Failed", "Stopped"] = Field(alias="humanLoopStatus")
    output: HumanLoopOutput | None = Field(default=None, alias="humanLoopOutput")
    failure_code: str | None = Field(default=None, alias="failureCode")
    failure_reason: str | None = Field(default=None, alias="failureReason")


class HumanLoopEvent(Consumed):
    """EventBridge's event of a loop that ended; it may come twice."""

    id: str
    source: Literal["aws.sagemaker"]
    detail_type: Literal["SageMaker A2I HumanLoop Status Change"] = Field(alias="detail-type")
    detail: HumanLoopDetail

    @property
    def correlation_id(self) -> str:
        return self.id


class HumanLoopRead(Contract):
    """What was done about an event."""

    outcome: Literal["read", "ended", "unknown"] = Field(
        description="answers were saved; there are none, or not about all pictures; the loop is"
        " not one of this stack"
    )
    saved: int = Field(default=0, ge=0, description="decisions")


# ── what people see, and answer ──────────────────────────────────────────────────────────────────


class LoopCharacter(Contract):
    slug: str
    name: str
    description: str = Field(description="shortened")


class LoopPicture(Contract):
    """Its id stands in the names of the form's fields."""

    id: CropId
    picture: str = Field(description="S3 URI", pattern="^s3://")
    character: str = Field(description="slug; '' when it has no name")
    name: str
    caption: str


class LoopContent(Contract):
    """`task.input` of the worker task template."""

    production: str = Field(description="for people")
    dataset_id: str
    shortest_caption: int = Field(ge=1)
    longest_caption: int = Field(ge=1)
    characters: tuple[LoopCharacter, ...]
    pictures: tuple[LoopPicture, ...] = Field(max_length=MOST_PICTURES)


class HumanAnswer(Consumed):
    """Of one person, by the names of the form's fields."""

    content: dict[str, Any] = Field(alias="answerContent")


class LoopOutput(Consumed):
    """output.json of a loop."""

    content: LoopContent = Field(alias="inputContent")
    answers: tuple[HumanAnswer, ...] = Field(alias="humanAnswers")
