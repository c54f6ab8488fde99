"""README's own two lines, letter by letter, in a copy of the tree: AWS is the local stack.

`make test-runtime`.
"""

from __future__ import annotations

import os
import platform
import pty
import re
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from runtime.interface_emulator import BUILD, ROOT, RUNTIME_PYTHON, what_is_missing

from onmodel_local.stack import LocalStack

PATIENCE_SECONDS = 300
QUESTION = re.compile(r"[^\r\n]*\[[^\]\r\n]*\]: $")
LAYERS = ("CoreLayer", "VisionLayer")

pytestmark = pytest.mark.skipif(
    bool(what_is_missing()), reason=f"{what_is_missing()}: make test-runtime"
)


@pytest.fixture
def empty_stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalStack]:
    """An account in which nothing was deployed yet; functions run on Lambda's Python."""
    monkeypatch.setenv("ONMODEL_FUNCTION_PYTHON", str(RUNTIME_PYTHON))
    with LocalStack(vision_url="") as stack:
        yield stack


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """What git knows, and the tools as they are set up: nothing is built, nothing answered."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tmp_path / name)
    for tools in (".venv-tools", ".venv-sam"):
        (tmp_path / tools).symlink_to(ROOT / tools)
    return tmp_path


def readme_commands() -> list[str]:
    """The lines behind `$ ` under "On AWS", comments and all."""
    _, _, section = (ROOT / "README.md").read_text().partition("\n## On AWS\n")
    block = re.search(r"```console\n(.*?)```", section, re.DOTALL)
    assert block
    return [line.removeprefix("$ ") for line in block[1].splitlines() if line.startswith("$ ")]


def run(command: str, tree: Path, stack: LocalStack, answers: Mapping[str, str]) -> str:
    """What a terminal shows; each question gets the answer whose key it holds, else Enter."""
    shown, asked, ends = "", "", time.monotonic() + PATIENCE_SECONDS
    screen, keyboard = pty.openpty()
    process = subprocess.Popen(
        ["bash", "-c", command],
        cwd=tree,
        env={**os.environ, **stack.environment()},
        stdin=keyboard,
        stdout=keyboard,
        stderr=keyboard,
        start_new_session=True,
    )
    os.close(keyboard)
    try:
        while text := read(screen, ends):
            shown += text
            question = QUESTION.search(shown, len(asked))
            if question:
                reply = next((answers[key] for key in answers if key in question[0]), "")
                os.write(screen, f"{reply}\n".encode())
                asked = shown
        assert process.wait(timeout=PATIENCE_SECONDS) == 0, shown[-3000:]
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        os.close(screen)
    return shown


def read(screen: int, ends: float) -> str:
    """The next that is shown; empty at the end."""
    ready, _, _ = select.select([screen], [], [], max(0.0, ends - time.monotonic()))
    assert ready, f"nothing more within {PATIENCE_SECONDS} s"
    try:
        return os.read(screen, 65_536).decode(errors="replace")
    except OSError:  # how Linux says that the other end was closed
        return ""


def run_on_this_processor(tree: Path) -> None:
    """The local stack runs functions here: the layers that README's line built are arm64's."""
    if platform.machine() == "x86_64":
        for layer in LAYERS:
            built = tree / ".aws-sam" / "build" / layer
            shutil.rmtree(built)
            shutil.copytree(BUILD / layer, built)


def outputs_of(stack: LocalStack, name: str) -> dict[str, str]:
    (found,) = stack.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    assert found["StackStatus"] == "CREATE_COMPLETE"
    return {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}


def test_deploy_when_typed_as_readme_prints_it_then_the_stack_is_complete(
    empty_stack: LocalStack, tree: Path
) -> None:
    build, deploy = readme_commands()
    assert build.split("#")[0].split() == ["make", "build"]
    assert deploy.split("#")[0].split()[-2:] == ["deploy", "--guided"]
    assert "Build Succeeded" in run(build, tree, empty_stack, {})
    run_on_this_processor(tree)

    answers = {
        "NotificationEmail": "you@studio.example",
        "EndpointUrl": empty_stack.endpoint_url,
        "Deploy this changeset?": "y",
    }
    result = run(deploy, tree, empty_stack, answers)
    assert result.index("NotificationEmail") < result.index("Architecture"), "the address is first"
    outputs = outputs_of(empty_stack, "onmodel-dev")
    assert {"UploadsBucket", "StudioBucket", "LinksUrl"} <= outputs.keys()
    settings = empty_stack.client("lambda").get_function_configuration
    assert settings(FunctionName="onmodel-dev-probe_film")["Architectures"] == ["arm64"]
    subscribed = empty_stack.client("sns").list_subscriptions()["Subscriptions"]
    assert [found["Endpoint"] for found in subscribed] == ["you@studio.example"]

    kept = (tree / "samconfig.toml").read_text()
    assert "you@studio.example" in kept, "the next deployment asks no more"
    again = run(deploy.replace("--guided", ""), tree, empty_stack, {"Deploy this": "y"})
    assert "No changes to deploy" in again


def test_deploy_when_samconfig_says_how_then_prod_is_complete_beside_it(
    empty_stack: LocalStack, tree: Path
) -> None:
    build, deploy = readme_commands()
    run(build, tree, empty_stack, {})
    run_on_this_processor(tree)
    command = deploy.split("#")[0].replace("--guided", "--config-env prod")
    overrides = f"--parameter-overrides EndpointUrl={empty_stack.endpoint_url}"
    result = run(command + overrides, tree, empty_stack, {"Deploy this changeset?": "y"})
    assert "Deploy this changeset?" in result
    assert outputs_of(empty_stack, "onmodel")["UploadsBucket"]
