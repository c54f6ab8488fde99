"""Patches of task tokens: a token belongs to the execution whose task waits for it."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import stepfunctions

from onmodel_local.patches.permissions import SignedCall, find_resources_by
from onmodel_local.patches.upstream import replace

_ANSWERS = ("SendTaskSuccess", "SendTaskFailure", "SendTaskHeartbeat")
_running: ContextVar[str] = ContextVar("running_execution", default="")
_waiting: ContextVar[str] = ContextVar("waiting_token", default="")
_execution_of: dict[str, str] = {}


def tokens_belong_to_machines() -> None:
    """Policies on SendTaskSuccess and SendTaskFailure are matched against the token's machine.

    Upstream matches them against `*`, which no policy that names a machine allows.
    """

    @replace(stepfunctions, "_run_execution", "996dff84e0e0")
    def _(original: Callable[[str], Any]) -> Callable[[str], Any]:
        def run(execution_arn: str) -> Any:
            held = _running.set(execution_arn)
            try:
                return original(execution_arn)
            finally:
                _running.reset(held)

        return run

    @replace(stepfunctions, "_invoke_with_callback", "bbb38423156a")
    def _(original: Callable[..., Any]) -> Callable[..., Any]:
        def invoke(resource: str, data: Any, token: str, state: dict[str, Any]) -> Any:
            _execution_of[token] = _running.get()
            held = _waiting.set(token)
            try:
                return original(resource, data, token, state)
            finally:
                _waiting.reset(held)

        return invoke

    def find(call: SignedCall) -> str | None:
        if not call.target.endswith(_ANSWERS):
            return None
        execution = _execution(call.request.get("taskToken"))
        return execution["stateMachineArn"] if execution else _of_nobody()

    find_resources_by(find)


def _of_nobody() -> str:
    """An unknown token is taken for one of TrainModel.

    AWS does not document what it matches an unknown token against. The service then answers that
    it is unknown.
    """
    machines: list[str] = list(stepfunctions._state_machines)
    return next((arn for arn in machines if arn.endswith("TrainModel")), "*")


def _execution(token: str | None) -> dict[str, Any] | None:
    found: dict[str, Any] | None = stepfunctions._executions.get(_execution_of.get(token or ""))
    return found


def tokens_end_with_their_execution() -> None:
    """The token of an execution that was stopped, or timed out, is refused with TaskTimedOut.

    Upstream takes the answer, which nobody waits for.
    """
    for name, digest in (
        ("_send_task_success", "12eff48bce57"),
        ("_send_task_failure", "c2a489b4ed33"),
        ("_send_task_heartbeat", "56879a4655d1"),
    ):
        replace(stepfunctions, name, digest)(_refusing_of_ended)


def _refusing_of_ended(original: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def send(data: dict[str, Any]) -> Any:
        execution = _execution(data.get("taskToken"))
        if execution and execution["status"] != "RUNNING":
            message = "Provided task does not exist anymore"
            return error_response_json("TaskTimedOut", message, 400)
        return original(data)

    return send


def waiting_tasks_fail_with_their_function() -> None:
    """A task that waits for its token fails when its function fails, as every task.

    Upstream drops the function's error, and the task waits until its time is over.
    """

    @replace(stepfunctions, "_call_lambda", "25830369b126")
    def _(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(function: str, event: Any) -> Any:
            try:
                return original(function, event)
            except stepfunctions._ExecutionError as fault:
                task = stepfunctions._task_tokens.get(_waiting.get())
                if task and not task["event"].is_set():
                    task["error"] = {"Error": fault.error, "Cause": fault.cause}
                    task["event"].set()
                raise

        return call


PATCHES = (
    tokens_belong_to_machines,
    tokens_end_with_their_execution,
    waiting_tasks_fail_with_their_function,
)
