"""HumanLoops over the runtime of Amazon Augmented AI."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError

from onmodel.adapters.faults import code_of, translated
from onmodel.contracts.human_loops import HumanLoopStatus
from onmodel.errors import AnswerRefused, HumanLoopsImpossible, NotFound
from onmodel.ports.human_loops import HumanLoopState

STATUSES = {
    "InProgress": HumanLoopStatus.STARTED,
    "Stopping": HumanLoopStatus.STARTED,
    "Completed": HumanLoopStatus.COMPLETED,
    "Failed": HumanLoopStatus.FAILED,
    "Stopped": HumanLoopStatus.STOPPED,
}
IMPOSSIBLE = frozenset(
    {"ValidationException", "ResourceNotFoundException", "ServiceQuotaExceededException"}
)


class AugmentedAiHumanLoops:
    """Human loops of one flow definition.

    Args:
        client: of `sagemaker-a2i-runtime`.
        flow_definition_arn: None when the stack has none.
    """

    def __init__(self, client: Any, flow_definition_arn: str | None) -> None:  # noqa: ANN401
        self._client = client
        self._flow_definition_arn = flow_definition_arn

    def start(self, name: str, content: str) -> None:
        if self._flow_definition_arn is None:
            raise HumanLoopsImpossible(
                "review is a2i, and this stack has no flow definition",
                "Deploy it with FlowDefinition, or write `review: page`",
            )
        try:
            with translated(refused=IMPOSSIBLE):
                self._start(name, content, self._flow_definition_arn)
        except AnswerRefused as fault:
            raise HumanLoopsImpossible(
                f"Amazon A2I starts no human loop: {fault}",
                "Look at the flow definition, or write `review: page`",
            ) from fault

    def _start(self, name: str, content: str, flow_definition_arn: str) -> None:
        try:
            self._client.start_human_loop(
                HumanLoopName=name,
                FlowDefinitionArn=flow_definition_arn,
                HumanLoopInput={"InputContent": content},
            )
        except ClientError as fault:
            if code_of(fault) != "ConflictException":
                raise

    def look(self, name: str) -> HumanLoopState | None:
        try:
            with translated():
                found = self._client.describe_human_loop(HumanLoopName=name)
        except NotFound:
            return None
        code, reason = found.get("FailureCode"), found.get("FailureReason")
        return HumanLoopState(
            status=STATUSES[found["HumanLoopStatus"]],
            output_uri=found.get("HumanLoopOutput", {}).get("OutputS3Uri"),
            reason=": ".join(filter(None, (code, reason))),
        )

    def stop(self, name: str) -> None:
        with suppress(NotFound), translated():
            try:
                self._client.stop_human_loop(HumanLoopName=name)
            except ClientError as fault:
                if code_of(fault) != "ValidationException" or self._goes_on(name):
                    raise

    def _goes_on(self, name: str) -> bool:
        state = self.look(name)
        return state is not None and state.status is HumanLoopStatus.STARTED
