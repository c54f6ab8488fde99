"""A function on the Lambda Runtime API: AWS's interface emulator and runtime client, no Docker.

The emulator ships inside the aws-sam-cli package. The function sees its own folder, the built
layers and what Lambda's image brings (requirements.txt); nothing of the development environment.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from template_model import read_template

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "x86_64"
RUNTIME_PYTHON = ROOT / ".venv-runtime" / "bin" / "python"
CORE, VISION = (BUILD / layer / "python" for layer in ("CoreLayer", "VisionLayer"))
_START_SECONDS = 300.0
_OWN_LINES = ("START RequestId", "END RequestId", "REPORT RequestId")


def emulator_binary() -> Path | None:
    found = ROOT.glob(
        ".venv-sam/lib/python*/site-packages/samcli/local/rapid/aws-lambda-rie-x86_64"
    )
    return next(found, None)


def what_is_missing() -> str:
    """Why nothing can be run here; empty when all is there."""
    if "RUNTIME" not in os.environ:
        return "asked for by its own command, which builds first"  # an old build proves nothing
    if emulator_binary() is None:
        return "no SAM CLI in .venv-sam"
    if not RUNTIME_PYTHON.exists():
        return "no Python 3.13 in .venv-runtime"
    if not all(layer.is_dir() for layer in (CORE, VISION)):
        return f"no layers in {BUILD.relative_to(ROOT)}"
    return ""


def layers_of(step: str) -> tuple[Path, ...]:
    """The built layers that the template gives to a function."""
    return (CORE, VISION) if step in read_template().steps_with_vision() else (CORE,)


def clean_environment(step: str, variables: Mapping[str, str]) -> dict[str, str]:
    """Of a function: what the template declares, and where its layers are."""
    return {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "TZ": ":UTC",
        "PYTHONPATH": ":".join(map(str, layers_of(step))),
        "AWS_EC2_METADATA_DISABLED": "true",
        **variables,
    }


@dataclass
class Answer:
    """What the function answered; `value` is None when it is no JSON."""

    status: int
    text: str

    @property
    def value(self) -> Any:
        try:
            return json.loads(self.text)
        except ValueError:
            return None

    @property
    def error_type(self) -> str | None:
        is_error = isinstance(self.value, dict) and "errorType" in self.value
        return self.value["errorType"] if is_error else None


@dataclass
class RunningFunction:
    """`with RunningFunction("probe_film", variables, folder) as function: …`."""

    step: str
    variables: Mapping[str, str]
    folder: Path
    timeout_seconds: int = 60
    memory_megabytes: int = 512
    code: Path | None = None
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    _port: int = 0

    def __enter__(self) -> RunningFunction:
        binary = self.folder / "aws-lambda-rie"  # packaged without the right to run
        if not binary.exists():
            shutil.copy(emulator_binary() or "", binary)
            binary.chmod(0o755)
        self._port, runtime_port = free_port(), free_port()
        command = [
            str(binary), "--log-level", "error",
            "--runtime-interface-emulator-address", f"127.0.0.1:{self._port}",
            "--runtime-api-address", f"127.0.0.1:{runtime_port}",
            str(RUNTIME_PYTHON), "-m", "awslambdaric", "app.handler",
        ]  # fmt: skip
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                command,
                cwd=self.code or ROOT / "functions" / self.step,
                env=clean_environment(
                    self.step,
                    {
                        "HOME": str(self.folder),
                        "AWS_LAMBDA_FUNCTION_NAME": self.step,
                        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(self.timeout_seconds),
                        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.memory_megabytes),
                        "PYTHONDONTWRITEBYTECODE": "1",
                        **self.variables,
                    },
                ),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # the emulator and the function end together
            )
        self._wait()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    @property
    def log(self) -> Path:
        return self.folder / f"{self.step}.log"

    def invoke(self, payload: bytes) -> Answer:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._port}/2015-03-31/functions/function/invocations", data=payload
        )
        try:
            with urllib.request.urlopen(request, timeout=self.timeout_seconds + 30) as answer:
                return Answer(answer.status, answer.read().decode())
        except urllib.error.HTTPError as fault:
            return Answer(fault.code, fault.read().decode())

    def lines(self) -> list[str]:
        """What the function logged, without the emulator's own lines."""
        lines = self.log.read_text().splitlines()
        return [line for line in lines if line and not line.startswith(_OWN_LINES)]

    def _wait(self) -> None:
        end = time.monotonic() + _START_SECONDS
        while time.monotonic() < end:
            if listens(self._port):
                return
            time.sleep(0.02)
        raise AssertionError(f"the interface emulator did not start:\n{self.log.read_text()}")


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
