"""State machines run in process, from the very files that are deployed, in time that tests own.

An interpreter of the dialect that this project speaks: Task (functions, and startExecution with
and without .sync:2), Choice, Wait, Pass, Succeed, Fail, Retry by error name, Catch, ResultPath,
Parameters with JSONPath, $$.Execution and States.Format, Distributed Map over JSON Lines (its
children one after the other), task tokens by function and by queue, and putEvents. Anything else is
refused aloud. Executions may be made to die at any state, and after any task had its effect.
"""

from __future__ import annotations

import heapq
import itertools
import json
import re
from collections.abc import Callable, Generator, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from fakes.clock import FixedClock
from fakes.dialect import (
    Json,
    StateFailed,
    arguments,
    first_rule,
    holds,
    joined,
    look,
    placed,
    snake,
)
from fakes.executions import execution_arn

from onmodel.ports.machines import EndedExecution

ROOT = Path(__file__).parents[2]
STATES = "arn:aws:states:us-east-1:123456789012:stateMachine:"
MOST_STEPS = 40_000

Function = Callable[[dict[str, Any]], Any]
Steps = Generator["float | Nested | Callback", Any, Json]


@dataclass(frozen=True)
class Nested:
    """A wait for another execution's end."""

    arn: str


@dataclass
class Execution:
    arn: str
    machine: str
    payload: Json
    steps: Steps
    tasks: int = 0
    status: str = "RUNNING"
    started_at: datetime | None = None
    ended_at: datetime | None = None
    input: Json = None
    trace: list[str] = field(default_factory=list)
    error: str = ""
    token: str = ""
    awaits: str = ""
    item: Json = None
    waiters: list[Execution] = field(default_factory=list)


@dataclass(frozen=True)
class Callback:
    """A wait for the answer of a task token."""

    token: str
    timeout_seconds: float


Dies = Callable[[Execution, str], "str | None"]
"""'before' or 'after' when the execution dies at this task; None to live."""


class Machines:
    """Implements the port Executions, and moves the clock. `functions` are by folder name."""

    def __init__(
        self,
        clock: FixedClock,
        functions: Mapping[str, Function],
        substitutions: Mapping[str, str],
        dies: Dies = lambda *_: None,
        definitions: Mapping[str, Json] | None = None,
        read: Callable[[str], bytes] = lambda key: b"",
        put_events: Callable[[Json], None] = lambda entry: None,
        send_message: Callable[[str], None] = lambda body: None,
    ) -> None:
        self.clock = clock
        self.functions = functions
        self.substitutions = dict(substitutions)
        self.dies = dies
        self.executions: dict[str, Execution] = {}
        self.read, self.put_events, self.send_message = read, put_events, send_message
        self.waiting: dict[str, Execution] = {}
        self._early: dict[str, tuple[Json, StateFailed | None]] = {}
        self._definitions: dict[str, Json] = dict(definitions or {})
        self._queue: list[tuple[Any, int, Callable[[], None]]] = []
        self._order = itertools.count()

    # ── the port ──

    def start(self, machine_arn: str, name: str, payload: Mapping[str, Any]) -> bool:
        arn = execution_arn(machine_arn, name)
        if arn in self.executions:
            return False
        machine = machine_arn.removeprefix(STATES)
        given = json.loads(json.dumps(payload))
        made = Execution(arn, machine, given, iter(()))  # type: ignore[arg-type]
        made.input, made.started_at = deepcopy(given), self.clock()
        # type: ignore[arg-type]
        made.steps = self._run(made)
        self.executions[arn] = made
        self.after(0, lambda: self._advance(made, None))
        limit = self._definition(machine).get("TimeoutSeconds")
        if limit:
            self.after(limit, lambda: self._time_out(made))
        return True

    def is_running(self, execution_arn: str) -> bool:
        found = self.executions.get(execution_arn)
        return found is not None and found.status == "RUNNING"

    def unsuccessful(self, machine_arn: str, since: datetime) -> Iterator[EndedExecution]:
        for made in self.of(machine_arn.removeprefix(STATES)):
            if made.ended_at is not None and made.status != "SUCCEEDED" and made.ended_at >= since:
                yield EndedExecution(arn=made.arn, ended_at=made.ended_at, payload=made.input)

    def stop_all(self, machine_arn: str, reason: str) -> int:
        machine = machine_arn.removeprefix(STATES)
        running = [made for made in self.of(machine) if made.status == "RUNNING"]
        for made in running:
            made.error = reason
            self._end(made, "ABORTED", None)
        return len(running)

    # ── the port TaskTokens ──

    def succeed(self, token: str, output: Mapping[str, Any]) -> bool:
        answer = json.loads(json.dumps(output))
        return self._answer(token, answer, None)

    def fail(self, token: str, error: str, cause: str) -> bool:
        return self._answer(token, None, StateFailed(error, cause))

    def _answer(self, token: str, answer: Json, error: StateFailed | None) -> bool:
        execution = self.waiting.pop(token, None)
        if execution is None or execution.status != "RUNNING":
            return False
        if execution.awaits == token:
            self.after(0, lambda: self._advance(execution, answer, error))
        else:
            self._early[token] = (answer, error)  # by the very function that was given it
        return True

    # ── what a test does ──

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        when = self.clock() + timedelta(seconds=seconds)
        heapq.heappush(self._queue, (when, next(self._order), action))

    def run_for(self, **duration: float) -> None:
        """Let time pass; everything that falls due happens in order."""
        end = self.clock() + timedelta(**duration)
        while self._queue and self._queue[0][0] <= end:
            when, _, action = heapq.heappop(self._queue)
            self.clock.now = max(self.clock.now, when)
            action()
        self.clock.now = end

    def of(self, machine: str) -> list[Execution]:
        return [made for made in self.executions.values() if made.machine == machine]

    # ── running ──

    def _advance(
        self, execution: Execution, answer: Json, error: StateFailed | None = None
    ) -> None:
        if execution.status != "RUNNING":
            return
        try:
            wanted = execution.steps.throw(error) if error else execution.steps.send(answer)
        except StopIteration as end:
            self._end(execution, "SUCCEEDED", end.value)
        except StateFailed as fault:
            execution.error = str(fault)
            self._end(execution, "FAILED", None)
        except _Died:
            self._end(execution, "ABORTED", None)
        else:
            if isinstance(wanted, Nested):
                self._wait_for(execution, wanted)
            elif isinstance(wanted, Callback):
                self._wait_for_answer(execution, wanted)
            else:
                self.after(wanted, lambda: self._advance(execution, None))

    def _time_out(self, execution: Execution) -> None:
        if execution.status == "RUNNING":
            self._end(execution, "TIMED_OUT", None)

    def _wait_for_answer(self, execution: Execution, wanted: Callback) -> None:
        def expire() -> None:
            if self.waiting.pop(wanted.token, None) is not None:
                self._advance(execution, None, StateFailed("States.Timeout"))

        execution.awaits = wanted.token
        early = self._early.pop(wanted.token, None)
        if early is None:
            self.after(wanted.timeout_seconds, expire)
        else:
            self.after(0, lambda: self._advance(execution, *early))

    def _wait_for(self, execution: Execution, wanted: Nested) -> None:
        child = self.executions[wanted.arn]
        if child.status == "RUNNING":
            child.waiters.append(execution)
        else:
            self.after(0, lambda: self._tell_end(child, execution))

    def _end(self, execution: Execution, status: str, output: Json) -> None:
        execution.status = status
        execution.ended_at = self.clock()
        execution.payload = output if status == "SUCCEEDED" else execution.payload
        for waiter in execution.waiters:
            self.after(0, lambda waiter=waiter: self._tell_end(execution, waiter))

    def _tell_end(self, child: Execution, waiter: Execution) -> None:
        if child.status == "SUCCEEDED":
            self._advance(waiter, {"ExecutionArn": child.arn, "Output": child.payload})
        else:
            self._advance(waiter, None, StateFailed("States.TaskFailed", child.error))

    def _definition(self, machine: str) -> Json:
        if machine not in self._definitions:
            self._definitions[machine] = _deployed(machine)
        return self._definitions[machine]

    def _run(self, execution: Execution) -> Steps:
        definition = self._definition(execution.machine)
        return (yield from self._states(execution, definition, deepcopy(execution.payload)))

    def _states(self, execution: Execution, definition: Json, data: Json) -> Steps:
        name = definition["StartAt"]
        for _ in range(MOST_STEPS):
            state = definition["States"][name]
            execution.trace.append(name)
            kind = state["Type"]
            if kind != "Task" and self.dies(execution, name) == "before":
                raise _Died
            if kind == "Succeed":
                return data
            if kind == "Fail":
                raise StateFailed(
                    self._text(state, "Error", data, execution),
                    self._text(state, "Cause", data, execution),
                )
            if kind == "Choice":
                name = self._choose(state, data, execution)
                continue
            if kind == "Wait":
                yield float(self._seconds(state, data))
            elif kind == "Pass":
                data = self._pass(state, data, execution)
            elif kind in {"Task", "Map"}:
                data, name_after = yield from self._task(execution, name, state, data)
                if name_after is not None:
                    name = name_after
                    continue
            else:
                raise NotImplementedError(f"{kind} in {execution.machine}.{name}")
            if state.get("End"):
                return data
            name = state["Next"]
        raise StateFailed("States.HistoryLimitExceeded")

    def _pass(self, state: Json, data: Json, execution: Execution) -> Json:
        made = (
            self._fill(state["Parameters"], data, execution)
            if "Parameters" in state
            else state.get("Result", data)
        )
        return placed(data, state.get("ResultPath", "$"), made)

    def _task(self, execution: Execution, name: str, state: Json, data: Json) -> Steps:
        """The data after it, and the state to go on with when a Catch says so."""
        tried: dict[int, int] = {}
        while True:
            try:
                answer = yield from self._call(execution, name, state, data)
            except StateFailed as fault:
                place, rule = first_rule(state.get("Retry", ()), fault.name)
                if rule is not None and tried.get(place, 0) < rule.get("MaxAttempts", 3):
                    wait = rule.get("IntervalSeconds", 1) * rule.get("BackoffRate", 2) ** tried.get(
                        place, 0
                    )
                    tried[place] = tried.get(place, 0) + 1
                    yield min(wait, rule.get("MaxDelaySeconds", wait))
                    continue
                _, caught = first_rule(state.get("Catch", ()), fault.name)
                if caught is None:
                    raise
                error = {"Error": fault.name, "Cause": fault.cause}
                return placed(data, caught.get("ResultPath", "$"), error), caught["Next"]
            if "ResultSelector" in state:
                answer = self._fill(state["ResultSelector"], answer, execution)
            return placed(data, state.get("ResultPath", "$"), answer), None

    def _map(self, execution: Execution, state: Json, data: Json) -> Steps:
        """The children one after the other; they stop when more failed than is tolerated."""
        reader = self._fill(state["ItemReader"]["Parameters"], data, execution)
        items = [json.loads(line) for line in self.read(reader["Key"]).splitlines()]
        failed = 0
        for item in items:
            execution.item = item
            given = self._fill(state["ItemSelector"], data, execution)
            try:
                yield from self._states(execution, state["ItemProcessor"], given)
            except StateFailed:
                failed += 1
                if failed * 100 > state["ToleratedFailurePercentage"] * len(items):
                    raise StateFailed("States.ExceedToleratedFailureThreshold") from None
        return None

    def _call(self, execution: Execution, name: str, state: Json, data: Json) -> Steps:
        if state["Type"] == "Map":
            return (yield from self._map(execution, state, data))
        execution.token = f"token-{next(self._order)}"
        payload = (
            self._fill(state["Parameters"], data, execution) if "Parameters" in state else data
        )
        execution.tasks += 1
        death = self.dies(execution, name)
        if death == "before":
            raise _Died
        resource = state["Resource"]
        if resource.endswith("waitForTaskToken"):
            return (yield from self._ask(execution, resource, state, payload, death))
        if resource.endswith("events:putEvents"):
            for entry in payload["Entries"]:
                self.after(1, lambda entry=entry: self.put_events(entry))
            if death == "after":
                raise _Died
            return {"FailedEntryCount": 0}
        if match := re.fullmatch(r"\$\{(\w+)Function(?:\.Arn)?\}", resource):
            answer = self._invoke(snake(match[1]), payload)
            if death == "after":
                raise _Died
            return answer
        if ":states:startExecution" not in resource:
            raise NotImplementedError(f"{resource} in {execution.machine}.{name}")
        arn = self._start(execution, name, payload)
        if death == "after":
            raise _Died
        if resource.endswith(".sync:2"):
            return (yield Nested(arn))
        return {"ExecutionArn": arn}

    def _ask(
        self, execution: Execution, resource: str, state: Json, payload: Json, death: str | None
    ) -> Steps:
        """Call the function, or send the message; then wait for the answer of the token."""
        token = execution.token
        self.waiting[token] = execution
        try:
            if ":sqs:" in resource:
                body = json.dumps(payload["MessageBody"])
                self.after(0, lambda: self.send_message(body))
            else:
                self._invoke(snake(payload["FunctionName"]), payload["Payload"])
        except StateFailed:
            self.waiting.pop(token, None)
            raise
        if death == "after":
            raise _Died
        timeout = self._substituted(str(state["TimeoutSeconds"]))
        return (yield Callback(token, float(timeout)))

    def _start(self, execution: Execution, state: str, payload: Json) -> str:
        machine_arn = payload["StateMachineArn"]
        name = payload.get("Name") or f"{state}-{next(self._order)}"
        if not self.start(machine_arn, name, payload.get("Input", {})):
            raise StateFailed("StepFunctions.ExecutionAlreadyExistsException", name)
        return execution_arn(machine_arn, name)

    def _invoke(self, function: str, payload: Json) -> Json:
        try:
            return self.functions[function](json.loads(json.dumps(payload)))
        except (_Died, StateFailed):
            raise
        except Exception as fault:  # as Lambda does: whatever it is, by its class name
            cause = json.dumps({"errorType": type(fault).__name__, "errorMessage": str(fault)})
            raise StateFailed(type(fault).__name__, cause) from fault

    # ── values ──

    def _fill(self, template: Json, data: Json, execution: Execution) -> Json:
        if isinstance(template, dict):
            return {
                (key[:-2] if key.endswith(".$") else key): (
                    self._path(value, data, execution)
                    if key.endswith(".$")
                    else self._fill(value, data, execution)
                )
                for key, value in template.items()
            }
        if isinstance(template, list):
            return [self._fill(item, data, execution) for item in template]
        return self._substituted(template)

    def _substituted(self, value: Json) -> Json:
        if not isinstance(value, str):
            return value
        return re.sub(r"\$\{([\w.]+)\}", lambda found: self.substitutions[found[1]], value)

    def _path(self, path: str, data: Json, execution: Execution) -> Json:
        if path.startswith("States.Format("):
            template, *rest = arguments(path)
            values = [str(self._path(item, data, execution)) for item in rest]
            return joined(template.strip("'"), values)
        if path == "States.UUID()":
            return f"uuid-{next(self._order)}"
        if path.startswith("$$."):
            context = {
                "Execution": {
                    "Id": execution.arn,
                    "Name": execution.arn.rsplit(":", 1)[-1],
                    "Input": execution.payload,
                    "StartTime": self.clock().isoformat(),
                },
                "State": {"EnteredTime": self.clock().isoformat()},
                "Task": {"Token": execution.token},
                "Map": {"Item": {"Value": execution.item}},
            }
            return look(context, path[2:])
        return look(data, path)

    def _text(self, state: Json, field_name: str, data: Json, execution: Execution) -> str:
        if f"{field_name}Path" in state:
            return str(self._path(state[f"{field_name}Path"], data, execution))
        return str(state.get(field_name, ""))

    def _seconds(self, state: Json, data: Json) -> float:
        if "SecondsPath" in state:
            return float(look(data, state["SecondsPath"]))
        return float(self._substituted(state["Seconds"]))

    def _choose(self, state: Json, data: Json, execution: Execution) -> str:
        for rule in state["Choices"]:
            if holds(rule, data):
                return str(rule["Next"])
        if "Default" not in state:
            raise StateFailed("States.NoChoiceMatched", execution.machine)
        return str(state["Default"])


@lru_cache
def _deployed(machine: str) -> Json:
    """The definition as it is deployed; reading YAML takes longer than running it."""
    path = ROOT / "statemachine" / f"{snake(machine)}.asl.yaml"
    return yaml.load(path.read_text(), Loader=yaml.CSafeLoader)


class _Died(BaseException):
    """The execution is aborted: nobody catches it."""
