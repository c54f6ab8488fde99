"""`sam deploy` by the real SAM CLI, against the local stack. `make test-runtime`."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from runtime.interface_emulator import BUILD, ROOT, RUNTIME_PYTHON, what_is_missing

from onmodel_local.stack import LocalStack

SAM = ROOT / ".venv-sam" / "bin" / "sam"
PATIENCE_SECONDS = 200
OURS = "Architecture=x86_64 EndpointUrl"

pytestmark = pytest.mark.skipif(
    bool(what_is_missing()), reason=f"{what_is_missing()}: make test-runtime"
)


@pytest.fixture
def empty_stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalStack]:
    """An account in which nothing was deployed yet; functions run on Lambda's Python."""
    monkeypatch.setenv("ONMODEL_FUNCTION_PYTHON", str(RUNTIME_PYTHON))
    with LocalStack(vision_url="") as stack:
        yield stack


def deploy(stack: LocalStack, *arguments: str, answers: str, folder: Path) -> str:
    """What `sam deploy` prints, after it ended well; its answers are kept in the folder."""
    (folder / "samconfig.toml").write_text((ROOT / "samconfig.toml").read_text())
    overrides = f"NotificationEmail=you@studio.example {OURS}={stack.endpoint_url}"
    done = subprocess.run(
        [
            SAM, "deploy", *arguments,
            "--template-file", BUILD / "template.yaml",
            "--config-file", folder / "samconfig.toml",
            "--parameter-overrides", overrides,
        ],
        cwd=ROOT,
        env={**os.environ, **stack.environment(), "SAM_CLI_TELEMETRY": "0"},
        input=answers,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def outputs_of(stack: LocalStack, name: str) -> dict[str, str]:
    (found,) = stack.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    assert found["StackStatus"] == "CREATE_COMPLETE"
    return {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}


def test_deploy_when_samconfig_says_how_then_the_stack_is_complete(
    empty_stack: LocalStack, tmp_path: Path
) -> None:
    told = deploy(
        empty_stack,
        "--config-env", "prod",
        answers="y\n",
        folder=tmp_path,
    )  # fmt: skip
    assert "Deploy this changeset?" in told
    outputs = outputs_of(empty_stack, "onmodel")
    assert {"UploadsBucket", "StudioBucket", "DoorUrl"} <= outputs.keys()
    settings = empty_stack.client("lambda").get_function_configuration
    assert settings(FunctionName="onmodel-probe_film")["Architectures"] == ["x86_64"]


def test_deploy_when_guided_then_asks_for_every_parameter_and_keeps_the_answers(
    empty_stack: LocalStack, tmp_path: Path
) -> None:
    # name and region, then each parameter, rights, a place for the answers, and the change itself:
    # return takes what is offered, and the last question is answered with yes
    told = deploy(
        empty_stack,
        "--guided", "--stack-name", "onmodel-guided", "--region", "us-east-1",
        "--no-confirm-changeset",
        answers="\n" * 60,
        folder=tmp_path,
    )  # fmt: skip
    assert "NotificationEmail" in told
    assert "onmodel-guided" in (tmp_path / "samconfig.toml").read_text()
    assert outputs_of(empty_stack, "onmodel-guided")["UploadsBucket"]
