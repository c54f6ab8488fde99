"""Functions called by the SAM CLI: each time in a new container, or in containers that stay."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from runtime.interface_emulator import free_port, listens

from onmodel_local.seed_stack import ControlledStack

ROOT = Path(__file__).parents[2]
SAM = ROOT / ".venv-sam" / "bin" / "sam"
START_SECONDS = 300.0
STOP_SECONDS = 600.0  # SAM gives each container three seconds to end, one after the other
LONGEST_CALL_SECONDS = 900  # Lambda's


def logical_id(step: str) -> str:
    return "".join(part.capitalize() for part in step.split("_")) + "Function"


@dataclass(frozen=True)
class SamLocal:
    """`sam local` against a stack.

    Attributes:
        stack: what SAM itself talks to: it asks for the account at every start, and without an
            answer waits ten seconds.
        template: sam_template's.
        layers: sam_template's cache.
        variables: of all functions, by logical id.
    """

    stack: ControlledStack
    template: Path
    layers: Path
    variables: Path

    def command(self, mode: str, *arguments: str) -> list[str]:
        return [
            str(SAM), "local", mode, *arguments, "--template", str(self.template),
            "--layer-cache-basedir", str(self.layers), "--env-vars", str(self.variables),
            "--parameter-overrides", "Architecture=x86_64", "--skip-pull-image",
            "--region", "us-east-1", "--add-host", "host.docker.internal:host-gateway",
        ]  # fmt: skip

    def environment(self) -> dict[str, str]:
        """The emulator's root; never somebody's own credentials."""
        found = {**os.environ, **self.stack.environment(), "SAM_CLI_TELEMETRY": "0"}
        # without its bytecode, SAM takes three times as long to start
        found.pop("PYTHONDONTWRITEBYTECODE", None)
        return found

    def show(self, step: str, event: Path) -> int:
        """One event, with all that the function says; returns SAM's exit code."""
        command = self.command("invoke", logical_id(step), "--event", str(event))
        return subprocess.run(command, env=self.environment(), check=False).returncode


@dataclass
class Invoke:
    """`sam local invoke`: every call in a container of its own, as a cold start."""

    sam: SamLocal
    log: str = ""

    def call(self, step: str, event: bytes) -> str:
        done = subprocess.run(
            self.sam.command("invoke", logical_id(step), "--event", "-"),
            env=self.sam.environment(),
            input=event,
            capture_output=True,
            check=False,
        )
        self.log = done.stderr.decode()
        return (done.stdout.decode().strip().splitlines() or [""])[-1]


@dataclass
class StartLambda:
    """`sam local start-lambda`: Lambda's own API; a function's container starts at its first call.

    `with StartLambda(sam) as functions: functions.call("notify", event)`.
    """

    sam: SamLocal
    _folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="start-lambda-")))
    _process: subprocess.Popen[bytes] | None = None
    _client: Any = None

    def __enter__(self) -> StartLambda:
        port = free_port()
        command = self.sam.command(
            "start-lambda", "--port", str(port), "--warm-containers", "LAZY", "--no-watch"
        )
        # a shell starts what is in its background deaf to SIGINT, and children stay so
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command,
                env=self.sam.environment(),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches it once, from here
            )
        self._client = boto3.client(
            "lambda",
            endpoint_url=f"http://127.0.0.1:{port}",
            region_name="us-east-1",
            config=Config(
                signature_version=UNSIGNED,
                read_timeout=LONGEST_CALL_SECONDS,
                retries={"max_attempts": 0},  # a second call would hide what the first came to
            ),
        )
        try:
            self._wait(port)
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def call(self, step: str, event: bytes) -> str:
        answer = self._client.invoke(FunctionName=logical_id(step), Payload=event)
        return str(answer["Payload"].read().decode())

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    @property
    def _log(self) -> Path:
        return self._folder / "log"

    def _wait(self, port: int) -> None:
        end = time.monotonic() + START_SECONDS
        while not listens(port):
            if time.monotonic() > end or self._process is None or self._process.poll() is not None:
                raise RuntimeError(f"sam local start-lambda did not start:\n{self.log}")
            time.sleep(0.1)

    def _stop(self) -> None:
        """SIGINT: SAM removes its containers."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(timeout=STOP_SECONDS)
        shutil.rmtree(self._folder)
