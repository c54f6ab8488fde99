"""Every built function on the real Runtime API, against the local stack. `make test-runtime`."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import textwrap
from pathlib import Path
from typing import Any

import pytest
from functions import variables_of_the_template
from runtime.expectations import expectations
from runtime.interface_emulator import (
    BUILD,
    CORE,
    ROOT,
    RUNTIME_PYTHON,
    RunningFunction,
    clean_environment,
    layers_of,
    what_is_missing,
)
from runtime.playing import play

from onmodel_local.films import fetch_big_buck_bunny
from onmodel_local.pytest_plugin import Deployed
from onmodel_local.references import cut_references
from onmodel_local.seed_film import seed_film
from onmodel_local.seed_models import seed_models
from onmodel_local.seed_stack import SeedStack

STEPS = sorted(path.parent.name for path in ROOT.glob("functions/*/app.py"))
SEED_SECONDS = 1200  # the first test waits for it: ten minutes of film, sampled on whatever is here
REQUEST_LIMIT_BYTES = 6 * 1024 * 1024 + 100  # as the interface emulator counts Lambda's 6 MB

pytestmark = [
    pytest.mark.skipif(bool(what_is_missing()), reason=f"{what_is_missing()}: make test-runtime"),
    pytest.mark.timeout(SEED_SECONDS),
]


def seed(deployed: Deployed) -> SeedStack:
    return SeedStack(deployed.stack, deployed.outputs, ROOT / "events", lambda _: None)


@pytest.fixture(scope="session")
def seeded(deployed: Deployed) -> Deployed:
    """With everything that the fixtures name."""
    cache = ROOT / ".cache" / "films"
    film = fetch_big_buck_bunny(cache)
    cut_references(film, cache / "references")
    here = seed(deployed)
    seed_film(here, film=film, pictures=cache / "references")
    seed_models(here)
    return deployed


def settings_of(deployed: Deployed, step: str) -> dict[str, Any]:
    """What was deployed of a function: its variables, timeout and memory."""
    name = f"onmodel-{step}"
    found: dict[str, Any] = deployed.stack.client("lambda").get_function_configuration(
        FunctionName=name
    )
    return found


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
        env=clean_environment(step, {"HOME": str(tmp_path), **variables_of_the_template()}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    standard_library, *files = json.loads(done.stdout.splitlines()[-1])
    image = str(RUNTIME_PYTHON.parents[1])
    allowed = (standard_library, image, *map(str, layers_of(step)), str(ROOT / "functions" / step))
    assert not [file for file in files if not file.startswith(allowed)]
    assert any(file.startswith(str(CORE / "onmodel")) for file in files)


@pytest.mark.parametrize("step", STEPS)
def test_function_when_invoked_then_answers_as_its_fixtures_say_and_logs_json(
    step: str, seeded: Deployed, tmp_path: Path
) -> None:
    seed_models(seed(seeded))
    with RunningFunction(
        step,
        variables_of(seeded, step),
        tmp_path,
        memory_megabytes=settings_of(seeded, step)["MemorySize"],
    ) as function:
        for expected in expectations(step):
            played = play(expected, lambda event: function.invoke(event).text, seeded.stack)
            assert played.fault is None, played.fault
            answer = json.loads(played.answer)
            if isinstance(answer, dict) and "errorType" in answer:
                assert {"errorMessage", "requestId", "stackTrace"} <= answer.keys()
        written = [json.loads(line) for line in function.lines() if line.startswith("{")]
        own = [line for line in written if "_aws" not in line]  # the others are metrics
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
    small = (ROOT / "events/follow_link/favicon.json").read_bytes()
    with RunningFunction(
        "follow_link", variables_of(deployed, "follow_link"), tmp_path
    ) as function:
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
        assert "REGISTRY_TABLE" in answer.text
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
