"""Every built function on the real Runtime API, against the local stack. `make test-runtime`."""

from __future__ import annotations

import inspect
import json
import os
import socket
import subprocess
import textwrap
from pathlib import Path
from typing import Any

import pytest
from runtime.interface_emulator import (
    BUILD,
    LAYERS,
    ROOT,
    RUNTIME_PYTHON,
    RunningFunction,
    clean_environment,
    what_is_missing,
)

from onmodel import errors
from onmodel_local.pytest_plugin import Deployed

STEPS = sorted(path.parent.name for path in ROOT.glob("functions/*/app.py"))
TREE = {name for name, kind in inspect.getmembers(errors, inspect.isclass)}
REQUEST_LIMIT_BYTES = 6 * 1024 * 1024 + 100  # as the interface emulator counts Lambda's 6 MB

pytestmark = pytest.mark.skipif(
    bool(what_is_missing()), reason=f"{what_is_missing()}: make test-runtime"
)


def events(step: str, *, refused: bool) -> list[Path]:
    """The fixtures of a function, by their verdict."""
    return [
        path.with_name(path.name.replace(".expected.json", ".json"))
        for path in sorted(ROOT.glob(f"events/{step}/*.expected.json"))
        if (json.loads(path.read_text())["refused"] is not None) == refused
    ]


def settings_of(deployed: Deployed, step: str) -> dict[str, Any]:
    """What was deployed of a function: its variables, timeout and memory."""
    name = f"onmodel-{step}"
    return deployed.stack.client("lambda").get_function_configuration(FunctionName=name)


def variables_of(deployed: Deployed, step: str) -> dict[str, str]:
    declared = settings_of(deployed, step).get("Environment", {}).get("Variables", {})
    return {**declared, **deployed.stack.environment()}


@pytest.mark.parametrize("step", STEPS)
def test_function_when_imported_then_everything_comes_from_the_layers(
    step: str, tmp_path: Path
) -> None:
    program = """
        import json, sys
        sys.path.insert(0, ".")
        import app
        files = [getattr(module, "__file__", None) for module in sys.modules.values()]
        print(json.dumps([sys.base_prefix, *sorted({file for file in files if file})]))
    """
    done = subprocess.run(
        [RUNTIME_PYTHON, "-B", "-c", textwrap.dedent(program)],
        cwd=ROOT / "functions" / step,
        env=clean_environment({"HOME": str(tmp_path)}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    standard_library, *files = json.loads(done.stdout.splitlines()[-1])
    image = str(RUNTIME_PYTHON.parents[1])
    allowed = (standard_library, image, *map(str, LAYERS), str(ROOT / "functions" / step))
    assert not [file for file in files if not file.startswith(allowed)]
    assert any(file.startswith(str(LAYERS[0] / "onmodel")) for file in files)


@pytest.mark.parametrize("step", STEPS)
def test_function_when_invoked_then_answers_or_fails_by_an_error_of_the_tree_and_logs_json(
    step: str, deployed: Deployed, tmp_path: Path
) -> None:
    with RunningFunction(
        step,
        variables_of(deployed, step),
        tmp_path,
        memory_megabytes=settings_of(deployed, step)["MemorySize"],
    ) as function:
        for path in events(step, refused=True):
            answer = function.invoke(path.read_bytes())
            assert answer.error_type == "EventRefused", (path.name, answer.text)
            assert {"errorMessage", "requestId", "stackTrace"} <= answer.value.keys()
        for path in events(step, refused=False):
            answer = function.invoke(path.read_bytes())
            assert answer.status == 200, (path.name, answer.text)
            assert answer.error_type is None or answer.error_type in TREE, (path.name, answer.text)
            assert answer.error_type or answer.text, path.name
        own = [json.loads(line) for line in function.lines() if line.startswith("{")]
        assert own, function.log.read_text()
        assert all({"level", "function_request_id", "timestamp"} <= line.keys() for line in own)
        assert any(line.get("correlation_id") for line in own)


def test_function_when_aws_does_not_answer_then_ends_at_its_timeout_and_works_again(
    deployed: Deployed, tmp_path: Path
) -> None:
    event = (ROOT / "events/probe_film/film.json").read_bytes()
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes calls and never answers
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        variables = variables_of(deployed, "probe_film") | {"AWS_ENDPOINT_URL": address}
        with RunningFunction("probe_film", variables, tmp_path, timeout_seconds=8) as function:
            refused = (ROOT / "events/probe_film/unsafe_production.json").read_bytes()
            assert function.invoke(refused).error_type == "EventRefused"  # it has started
            assert "Task timed out after 8.00 seconds" in function.invoke(event).text
            assert function.invoke(refused).error_type == "EventRefused"


def test_function_when_called_with_more_than_six_megabytes_then_fails_and_works_again(
    deployed: Deployed, tmp_path: Path
) -> None:
    big = json.dumps({"rawPath": "/" + "x" * (REQUEST_LIMIT_BYTES + 1)}).encode()
    small = (ROOT / "events/open_door/favicon.json").read_bytes()
    with RunningFunction("open_door", variables_of(deployed, "open_door"), tmp_path) as function:
        refused = function.invoke(big)
        assert refused.status == 413 or refused.error_type == "Runtime.UnmarshalError"
        assert "xxxx" not in refused.text
        assert json.loads(function.invoke(small).text)["statusCode"] == 403


def test_function_when_its_variables_are_missing_then_says_which_and_tells_no_secret(
    tmp_path: Path,
) -> None:
    secret = "token-of-this-session"
    variables = {"AWS_REGION": "us-east-1", "AWS_SESSION_TOKEN": secret}
    with RunningFunction("claim_run", variables, tmp_path) as function:
        answer = function.invoke((ROOT / "events/claim_run/first.json").read_bytes())
        assert "UPLOADS_BUCKET" in answer.text
        assert secret not in answer.text + function.log.read_text()


def test_build_when_tested_then_is_of_the_code_that_lies_here() -> None:
    """A stale build would prove nothing."""
    built, here = BUILD / "CoreLayer" / "python" / "onmodel", ROOT / "layers" / "core" / "onmodel"
    stale = [
        path.relative_to(here)
        for path in here.rglob("*.py")
        if not (built / path.relative_to(here)).exists()
        or (built / path.relative_to(here)).read_bytes() != path.read_bytes()
    ]
    assert not stale, f"build again: make build ARCH=x86_64 ({os.fspath(stale[0])} …)"
