"""Patches of Lambda: errors by class name, whole logs, cookies, layers that are unpacked once.

Follows ministack's worker script closely: MIT, Copyright (c) 2026 MiniStack Contributors.
"""

from __future__ import annotations

import hashlib
import io
import os
import queue
import tempfile
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from onmodel_local.patches.upstream import PatchOutdatedError, replace

_turns: dict[str, threading.BoundedSemaphore] = {}
_turns_lock = threading.Lock()
_unpacking = threading.Lock()

ERROR_MARK = "__onmodel_function_error__"
_WORKER_ENDED = "Worker process died"  # by upstream's LambdaWorker.invoke

_RAISED = (
    '_real_stdout.write(json.dumps({"status": "error", "error": str(e), '
    '"trace": traceback.format_exc()}) + "\\n")'
)
_ANSWERED = (
    '_real_stdout.write(json.dumps({"status": "ok", "result": {"' + ERROR_MARK + '": {'
    '"errorMessage": str(e), "errorType": type(e).__name__, '
    '"requestId": context.aws_request_id, '
    '"stackTrace": traceback.format_tb(e.__traceback__)[1:]}}}) + "\\n"); '
    "traceback.print_exc(file=sys.stderr)"
)
_STARTED = '    code_dir = init["code_dir"]\n'
_LOGGING = (
    "    import logging as _logging; _handler = _logging.StreamHandler(sys.stderr); "
    "_handler.setFormatter(_logging.Formatter("
    '"[%(levelname)s]\\t%(asctime)s\\t%(message)s")); '
    "_logging.getLogger().addHandler(_handler)\n"
)

LOG_END = "__onmodel_log_end__"
_LOG_END_SECONDS = 60  # only ends a hang: the lines are in the pipe before it is waited for
_NEXT_INVOCATION = "        _real_stdout.flush()\n\nrun()\n"
_MARKING = f"        print({LOG_END!r}, file=sys.stderr, flush=True)\n"


def _edit_worker(old: str, new: str) -> None:
    script = lambda_runtime._PYTHON_WORKER_SCRIPT
    if script.count(old) != 1:
        raise PatchOutdatedError(f"ministack's Python worker no longer has the line {old!r}")
    lambda_runtime._PYTHON_WORKER_SCRIPT = script.replace(old, new)


def name_errors_by_class() -> None:
    """A handler's exception is answered with its class as errorType, and the worker goes on.

    Upstream every exception is `Runtime.HandlerError` and ends the worker. Step Functions retries
    and catches by class name, and on AWS the environment survives a handled exception. Also here,
    around the same function: cookies, a bound on the workers of one function, and
    `Runtime.ExitError` for a worker that was killed, as machines retry it by this name.
    """
    _edit_worker(_RAISED, _ANSWERED)

    @replace(lambda_svc, "_execute_function_warm", "62b9218bef5b")
    def _(original: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
        def execute(func: dict[str, Any], event: Any, *rest: Any, **named: Any) -> dict[str, Any]:
            with _turn_of(func):
                answer = original(func, _with_cookies(event), *rest, **named)
            body = answer.get("body")
            if not isinstance(body, dict):
                return answer
            if set(body) == {ERROR_MARK}:
                return {**answer, "body": body[ERROR_MARK], "error": True}
            if answer.get("error") and body.get("errorMessage") == _WORKER_ENDED:
                return {**answer, "body": _exit_error(rest[0])}
            return answer

        return execute


def _exit_error(request_id: str) -> dict[str, str]:
    """What Lambda answers when the function's process ended before its answer."""
    message = f"RequestId: {request_id} Error: Runtime exited with error: signal: killed"
    return {"errorType": "Runtime.ExitError", "errorMessage": message}


def _turn_of(func: dict[str, Any]) -> threading.BoundedSemaphore:
    """At most one worker of a function for each core, and two at least; others wait their turn.

    Upstream a dozen uploads at once start a dozen workers of 110 MB, whose imports alone then take
    half a minute on two cores. No function of ours invokes itself, so waiting cannot deadlock.
    """
    name = (func.get("config") or func).get("FunctionName", "")
    with _turns_lock:
        if name not in _turns:
            _turns[name] = threading.BoundedSemaphore(max(2, os.cpu_count() or 1))
        return _turns[name]


def _with_cookies(event: Any) -> Any:
    """HTTP payload 2.0 carries cookies in a list of their own, not as a header."""
    if not (
        isinstance(event, dict) and event.get("version") == "2.0" and "requestContext" in event
    ):
        return event
    headers = dict(event.get("headers") or {})
    cookie = headers.pop("cookie", None)
    if not cookie:
        return event
    return {**event, "headers": headers, "cookies": [part.strip() for part in cookie.split(";")]}


def log_like_the_runtime() -> None:
    """The root logger has a handler, as in the real runtime; without it plain logging is lost."""
    _edit_worker(_STARTED, _STARTED + _LOGGING)


def wait_for_whole_logs() -> None:
    """An invocation's log ends at a mark that the worker writes after it, or at the worker's end.

    Upstream waits 5 ms for a further line, and 250 ms for all of them. On a busy machine lines come
    later: they are lost, or stand in the log of the worker's next invocation.
    """
    _edit_worker(_NEXT_INVOCATION, _MARKING + _NEXT_INVOCATION)

    @replace(lambda_runtime.Worker, "_read_stderr", "d8eb30038f94")
    def _(original: Callable[[Any], None]) -> Callable[[Any], None]:
        def read(worker: Any) -> None:
            lines = worker._stderr_queue  # the worker gets another with its next process
            original(worker)
            lines.put(LOG_END)

        return read

    @replace(lambda_runtime.Worker, "_drain_stderr_bounded", "3fd7cc742872")
    def _(_: Callable[..., str]) -> Callable[..., str]:
        return lambda worker: _whole_log(worker._stderr_queue)


def _whole_log(lines: queue.Queue[str]) -> str:
    """The lines until the mark.

    Raises:
        TimeoutError: no line came for a minute.
    """
    log: list[str] = []
    while True:
        try:
            found = lines.get(timeout=_LOG_END_SECONDS)
        except queue.Empty:
            raise TimeoutError(f"a function's log has no end: {log[-1:]}") from None
        line, mark, _ = found.partition(LOG_END)
        if line or not mark:
            log.append(line)
        if mark:
            return "\n".join(log)


def run_on_a_python_of_their_own() -> None:
    """Functions run on the Python that ONMODEL_FUNCTION_PYTHON names, if it is set.

    Upstream runs them on the emulator's own. Layers as `sam build` makes them hold compiled modules
    for Lambda's Python, and import on no other.
    """

    @replace(lambda_runtime, "_detect_runtime_binary", "222e200df2c0")
    def _(original: Callable[[str], tuple[str, str]]) -> Callable[[str], tuple[str, str]]:
        def binary(runtime: str) -> tuple[str, str]:
            found, script = original(runtime)
            own = os.environ.get("ONMODEL_FUNCTION_PYTHON")
            return (own, script) if own and runtime.startswith("python") else (found, script)

        return binary


def unpack_each_layer_once() -> None:
    """All workers import a layer from one folder.

    Upstream unpacks it for each worker, which then compiles the modules that it imports: with our
    layer 550 files each time, and as many to delete when the stack ends.
    """

    @replace(lambda_runtime.Worker, "_spawn", "c55febf95656")
    def _(original: Callable[[Any], None]) -> Callable[[Any], None]:
        def spawn(worker: Any) -> None:
            config = worker.config
            worker.config = _with_unpacked_layers(config)
            try:
                original(worker)
            finally:
                worker.config = config

        return spawn


def _with_unpacked_layers(config: dict[str, Any]) -> dict[str, Any]:
    """A function's configuration whose layers are folders that its worker is told of."""
    layers = [lambda_svc._resolve_layer_zip(layer) for layer in config.get("Layers", ())]
    folders = os.pathsep.join(str(_unpacked(body)) for body in layers if body)
    variables = config.get("Environment", {}).get("Variables", {})
    told = {"Variables": {**variables, "_LAMBDA_LAYERS_DIRS": folders}}
    return {**config, "Layers": [], "Environment": told}


def _unpacked(layer: bytes) -> Path:
    folder = Path(tempfile.gettempdir()) / f"layer-{hashlib.sha256(layer).hexdigest()[:16]}"
    with _unpacking:
        if not folder.exists():
            unfinished = folder.with_suffix(".new")
            with zipfile.ZipFile(io.BytesIO(layer)) as archive:
                archive.extractall(unfinished)
            unfinished.rename(folder)
    return folder


PATCHES = (
    name_errors_by_class,
    log_like_the_runtime,
    wait_for_whole_logs,
    run_on_a_python_of_their_own,
    unpack_each_layer_once,
)
