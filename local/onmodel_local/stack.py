"""The local stack: an AWS emulator as one child process tree on a free port of 127.0.0.1."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

import boto3
from botocore.config import Config

from onmodel_local.folders import HOST, StackFolder
from onmodel_local.simulation_settings import SimulationSettings

REGION = "us-east-1"
START_SECONDS = 180.0  # takes 1 s on an idle machine, longer on a busy one
STOP_SECONDS = 5.0
_STARTS = 3  # attempts; another process may take the free port first

# the only variables of the host that the emulator and its functions inherit
_INHERITED = (
    "ONMODEL_FUNCTION_PYTHON",
    "PATH",
    "LANG",
    "LC_ALL",
    "LD_LIBRARY_PATH",
    "SSL_CERT_FILE",
    "TZ",
)


class StackFailedError(RuntimeError):
    """Raised when the emulator does not start, or refuses a control; has the end of its log."""


class LocalStack:
    """`with LocalStack() as stack: stack.client("s3")…`.

    Args:
        settings: durations, quotas and states of the simulated services.
        detached: keep running after this process (`onmodel local up`).
        vision_url: OpenAI-compatible endpoint of a local vision model, for real captions; by
            default ONMODEL_VISION_URL.
        vision_model: that model's name; by default ONMODEL_VISION_MODEL.
        home: folder that keeps everything after the end, for the next stack with this home; by
            default a temporary folder, which is deleted at the end.
    """

    def __init__(
        self,
        *,
        settings: SimulationSettings | None = None,
        detached: bool = False,
        vision_url: str | None = None,
        vision_model: str | None = None,
        home: Path | None = None,
    ) -> None:
        self._home = home
        self._settings = settings or SimulationSettings()
        self._detached = detached
        self._vision = (
            os.environ.get("ONMODEL_VISION_URL", "") if vision_url is None else vision_url,
            os.environ.get("ONMODEL_VISION_MODEL", "") if vision_model is None else vision_model,
        )
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: StackFolder | None = None
        self.port = 0

    @property
    def endpoint_url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def pid(self) -> int:
        if self._process is None:
            raise StackFailedError("the local stack is not running")
        return self._process.pid

    @property
    def folder(self) -> Path:
        """Where the emulator keeps its files; deleted at the stop, unless it is a home."""
        if self._folder is None:
            raise StackFailedError("the local stack is not running")
        return self._folder.path

    @property
    def log(self) -> Path:
        """The log of emulator and stand-ins."""
        return self.folder / "emulator.log"

    def __enter__(self) -> LocalStack:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start, and wait until the emulator answers.

        Raises:
            StackFailedError: it ended or did not answer; the message has the end of the log.
        """
        for attempt in range(1, _STARTS + 1):
            self._launch()
            try:
                self._wait_until_healthy()
                return
            except StackFailedError:
                self.stop()
                if attempt == _STARTS:
                    raise

    def stop(self) -> None:
        """End the whole process tree, and delete its files unless they are kept. Safe to repeat."""
        if self._process is not None:
            end_group(self._process.pid, self._process)
            self._process = None
        if self._folder is not None:
            self._folder.leave()
            self._folder = None

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3's clients are made at run time
        """A boto3 client with root's rights."""
        return client(self.endpoint_url, service)

    def environment(self) -> dict[str, str]:
        """Environment variables for a process that uses this stack."""
        return environment(self.endpoint_url)

    def control(self, path: str, order: dict[str, Any] | None = None) -> Any:  # noqa: ANN401
        """GET /_onmodel/<path>, or POST it with an order."""
        return control(self.endpoint_url, path, order)

    # ── inside ───────────────────────────────────────────────────────────────────────────────────

    def _launch(self) -> None:
        folder = StackFolder(self._home, kept=True) if self._home else StackFolder.temporary()
        self._folder = folder
        folder.prepare()
        self.port = folder.port()
        command = [
            sys.executable, "-m", "onmodel_local.emulator", "--folder", str(folder.path),
            "--simulation-settings", json.dumps(asdict(self._settings)),
            "--vision-url", self._vision[0], "--vision-model", self._vision[1],
        ]  # fmt: skip
        if self._detached:
            command.append("--detached")
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                command,
                env=self._clean_environment(folder),
                cwd=folder.path,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a process group, to end all processes together
            )
        folder.belongs_to(self._process.pid)

    def _clean_environment(self, folder: StackFolder) -> dict[str, str]:
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        return (
            inherited
            | folder.environment()
            | {
                "HOME": str(folder.path),  # hides the user's ~/.aws
                "TMPDIR": str(folder.path / "tmp"),
                "GATEWAY_PORT": str(self.port),
                "BIND_HOST": HOST,
                "AUTH": "true",  # IAM is enforced, so the end-to-end test checks the roles
                "S3_DATA_DIR": str(folder.path / "s3"),
                "IOT_MTLS_ENABLED": "0",
                "SFTP_ENABLED": "0",
                "AWS_EC2_METADATA_DISABLED": "true",
                "MALLOC_ARENA_MAX": "2",  # films are held in memory; more arenas would double it
                "PYTHONUNBUFFERED": "1",
                # invocations that wait hold one thread each (patches/functions.py)
                "MINISTACK_WORKER_THREADS": "256",
            }
        )

    def _wait_until_healthy(self) -> None:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if self._process is None or self._process.poll() is not None:
                raise StackFailedError(f"the emulator ended at its start:\n{self._log_tail()}")
            if is_healthy(self.endpoint_url):
                return
            time.sleep(0.05)
        raise StackFailedError(f"the emulator did not answer in time:\n{self._log_tail()}")

    def _log_tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-25:])


def client(endpoint_url: str, service: str) -> Any:  # noqa: ANN401 - made by boto3 at run time
    """A boto3 client with root's rights on a running stack."""
    return boto3.client(  # type: ignore[call-overload]
        service,
        endpoint_url=endpoint_url,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 - the emulator's root
        config=Config(retries={"max_attempts": 2}, s3={"addressing_style": "path"}),
    )


def environment(endpoint_url: str) -> dict[str, str]:
    """Environment variables for a process that uses a running stack."""
    return {
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
    }


def control(endpoint_url: str, path: str, order: dict[str, Any] | None = None) -> Any:  # noqa: ANN401
    """GET /_onmodel/<path>, or POST it with an order.

    Raises:
        StackFailedError: the emulator refuses the order; the message says why.
    """
    request = urllib.request.Request(  # noqa: S310 - http on 127.0.0.1
        f"{endpoint_url}/_onmodel/{path}",
        data=None if order is None else json.dumps(order).encode(),
        method="GET" if order is None else "POST",
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return json.load(answer)
    except urllib.error.HTTPError as fault:
        raise StackFailedError(f"{path}: {fault.read().decode(errors='replace')}") from fault


def is_healthy(endpoint_url: str) -> bool:
    """Whether an emulator answers at this address."""
    try:
        with urllib.request.urlopen(f"{endpoint_url}/_ministack/health", timeout=2) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except OSError:
        return False


def end_group(pid: int, process: subprocess.Popen[bytes] | None = None) -> None:
    """End a stack's process group, if it still exists.

    With SIGKILL: an emulator has nothing to save, and its functions would wait for their calls.
    """
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    end = time.monotonic() + STOP_SECONDS
    while time.monotonic() < end and _group_exists(pid, process):
        time.sleep(0.02)


def _group_exists(pid: int, process: subprocess.Popen[bytes] | None) -> bool:
    # reap the leader if it is our child; a zombie would count as alive
    if process is not None:
        process.poll()
    else:
        with suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
    try:
        os.killpg(pid, 0)
    except ProcessLookupError:
        return False
    return True
