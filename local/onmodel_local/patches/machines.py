"""Patches of Step Functions: heartbeats, deadlines, idempotent starts, children's errors.

Follows ministack's Step Functions closely: MIT, Copyright (c) 2026 MiniStack Contributors.
"""

from __future__ import annotations

import contextvars
import json
import threading
import time
from collections.abc import Callable
from typing import Any

from ministack.services import stepfunctions

from onmodel_local.patches.upstream import replace

_REGISTERED_WITHIN_SECONDS = 5.0  # ministack registers a token before it sends the message
_HEARTBEAT_CHECK_SECONDS = 0.2


def heartbeats_expire() -> None:
    """HeartbeatSeconds of a callback task; upstream only has its timeout."""

    @replace(stepfunctions, "_invoke_with_callback", "bbb38423156a")
    def _(original: Callable[..., Any]) -> Callable[..., Any]:
        def invoke(resource: str, data: Any, token: str, state: dict[str, Any]) -> Any:
            if heartbeat := state.get("HeartbeatSeconds"):
                _start_daemon(_watch_heartbeat, token, float(heartbeat))
            return original(resource, data, token, state)

        return invoke


def _watch_heartbeat(token: str, limit_seconds: float) -> None:
    """Ends a task that sends no heartbeat; returns when the task is over."""
    began = last = time.monotonic()
    seen = None
    while token not in stepfunctions._task_tokens:
        if time.monotonic() - began > _REGISTERED_WITHIN_SECONDS:
            return
        time.sleep(0.01)
    while (task := stepfunctions._task_tokens.get(token)) and not task["event"].is_set():
        if task["heartbeat"] != seen:
            seen, last = task["heartbeat"], time.monotonic()
        if time.monotonic() - last > limit_seconds:
            task["error"] = {
                "Error": "States.HeartbeatTimeout",
                "Cause": f"no heartbeat in {limit_seconds:g} s",
            }
            task["event"].set()
            return
        time.sleep(_HEARTBEAT_CHECK_SECONDS)


def machines_time_out() -> None:
    """TimeoutSeconds of a whole machine; upstream does not have it."""

    @replace(stepfunctions, "_run_execution", "996dff84e0e0")
    def _(original: Callable[[str], None]) -> Callable[[str], None]:
        def run(arn: str) -> None:
            execution = stepfunctions._executions.get(arn)
            limit = _deadline_seconds(execution)
            if execution is not None and limit:
                _start_timer(limit, execution)
            original(arn)

        return run


def _deadline_seconds(execution: dict[str, Any] | None) -> float | None:
    machine = execution and stepfunctions._state_machines.get(execution["stateMachineArn"])
    if not machine:
        return None
    try:
        limit = json.loads(machine["definition"]).get("TimeoutSeconds")
    except json.JSONDecodeError:
        return None  # ministack itself then fails the execution as InvalidDefinition
    return float(limit) if limit else None


def _start_timer(seconds: float, execution: dict[str, Any]) -> None:
    def end() -> None:
        if execution["status"] == "RUNNING":
            execution.update(status="TIMED_OUT", stopDate=stepfunctions.now_iso())
            stepfunctions._emit_execution_status_event(execution)

    timer = threading.Timer(seconds, contextvars.copy_context().run, (end,))
    timer.daemon = True
    timer.start()


def _start_daemon(function: Callable[..., None], *arguments: Any) -> None:
    context = contextvars.copy_context()  # carries account and region of the request
    threading.Thread(target=context.run, args=(function, *arguments), daemon=True).start()


def starting_is_idempotent() -> None:
    """A second start with the name and the input of a running execution is answered like the first.

    AWS does this for standard workflows; upstream refuses with ExecutionAlreadyExists.
    """

    @replace(stepfunctions, "_start_execution", "9923282fc76c")
    def _(original: Callable[..., Any]) -> Callable[..., Any]:
        def start(data: dict[str, Any]) -> Any:
            running = _running_namesake(data)
            if running is None:
                return original(data)
            return stepfunctions.json_response(
                {"executionArn": running["executionArn"], "startDate": running["startDate"]}
            )

        return start


def _running_namesake(data: dict[str, Any]) -> dict[str, Any] | None:
    requested = data.get("stateMachineArn", "").rsplit("#", 1)[0]
    machine_arn = stepfunctions._resolve_state_machine_arn(requested)
    if machine_arn is None or not data.get("name"):
        return None
    machine = stepfunctions._state_machines[machine_arn]["name"]
    place = f"{stepfunctions.get_region()}:{stepfunctions.get_account_id()}"
    execution: dict[str, Any] | None = stepfunctions._executions.get(
        f"arn:aws:states:{place}:execution:{machine}:{data['name']}"
    )
    if execution is None or execution["status"] != "RUNNING":
        return None
    return execution if execution["input"] == data.get("input", "{}") else None


def children_fail_as_tasks() -> None:
    """A failed child of `startExecution.sync:2` is States.TaskFailed with the child as its cause.

    Upstream passes the child's own error name on, which AWS does not.
    """

    @replace(stepfunctions, "_nested_execution_failure", "aa53a760707b")
    def _(original: Callable[..., Any]) -> Callable[..., Any]:
        def failure(payload: dict[str, Any]) -> tuple[str, str]:
            described = {key[0].upper() + key[1:]: value for key, value in payload.items()}
            return "States.TaskFailed", json.dumps(described, default=str)

        return failure


PATCHES = (heartbeats_expire, machines_time_out, starting_is_idempotent, children_fail_as_tasks)
