"""Patch of task tokens: a token belongs to the machine whose task waits for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from ministack.core import iam_actions
from ministack.services import stepfunctions

from onmodel_local.patches.upstream import replace

_ANSWERS = ("SendTaskSuccess", "SendTaskFailure", "SendTaskHeartbeat")
_running: ContextVar[str] = ContextVar("running_machine", default="*")
_machine_of: dict[str, str] = {}


def tokens_belong_to_machines() -> None:
    """Policies on SendTaskSuccess and SendTaskFailure are matched against the token's machine.

    Upstream matches them against `*`, which no policy that names a machine allows.
    """

    @replace(stepfunctions, "_run_execution", "996dff84e0e0")
    def _(original: Callable[[str], Any]) -> Callable[[str], Any]:
        def run(execution_arn: str) -> Any:
            execution = stepfunctions._executions.get(execution_arn)
            held = _running.set(execution["stateMachineArn"] if execution else "*")
            try:
                return original(execution_arn)
            finally:
                _running.reset(held)

        return run

    @replace(stepfunctions, "_invoke_with_callback", "bbb38423156a")
    def _(original: Callable[..., Any]) -> Callable[..., Any]:
        def invoke(resource: str, data: Any, token: str, state: dict[str, Any]) -> Any:
            _machine_of[token] = _running.get()
            return original(resource, data, token, state)

        return invoke

    @replace(iam_actions, "extract_resource_arn", "82f51700695c")
    def _(original: Callable[..., str]) -> Callable[..., str]:
        def resource(
            service: str, method: str, path: str, headers: Any, body: bytes,
            query: Any, region: str, account: str,
        ) -> str:  # fmt: skip
            if str(headers.get("x-amz-target", "")).endswith(_ANSWERS):
                token = json.loads(body or b"{}").get("taskToken")
                return _machine_of.get(token) or _of_nobody()
            return original(service, method, path, headers, body, query, region, account)

        return resource


def _of_nobody() -> str:
    """An unknown token is taken for one of TrainModel.

    AWS does not document what it matches an unknown token against. The service then answers that
    it is unknown.
    """
    machines: list[str] = list(stepfunctions._state_machines)
    return next((arn for arn in machines if arn.endswith("TrainModel")), "*")


PATCHES = (tokens_belong_to_machines,)
