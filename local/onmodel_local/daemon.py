"""`onmodel local up` and `down`: a stack that outlives the command, and data that outlive it."""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from onmodel_local.deploy import STACK, deploy_template
from onmodel_local.mail import MailCatcher
from onmodel_local.simulation_settings import SimulationSettings
from onmodel_local.stack import (
    LocalStack,
    StackFailedError,
    client,
    control,
    end_group,
    environment,
    is_healthy,
)
from onmodel_local.trainer_files import put_trainer_files

STATE = Path(".cache") / "local-stack.json"
HOME = Path(".cache") / "local-stack"
"""What the stack knows; the next one goes on with it."""

LOCK = Path(".cache") / "local-stack.lock"
"""Held while a stack is started or stopped: two emulators would write the same data."""

TEMPLATE = "template.yaml"


@dataclass(frozen=True)
class RunningStack:
    """A running stack, possibly started by another process; has the interface of a LocalStack."""

    pid: int
    port: int
    endpoint_url: str
    folder: str
    outputs: dict[str, str]

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3's clients are made at run time
        return client(self.endpoint_url, service)

    def environment(self) -> dict[str, str]:
        return environment(self.endpoint_url)

    def control(self, path: str, order: dict[str, Any] | None = None) -> Any:  # noqa: ANN401
        return control(self.endpoint_url, path, order)

    @property
    def log(self) -> Path:
        return Path(self.folder) / "emulator.log"


def start_stack(
    root: Path,
    *,
    parameters: dict[str, str] | None = None,
    settings: SimulationSettings | None = None,
    vision_url: str | None = None,
    vision_model: str | None = None,
    home: Path = HOME,
    fresh: bool = False,
) -> RunningStack:
    """Start a stack and deploy the template of the repository, or update the running one.

    A new one goes on with the data of the last one. Waits for another start or stop to end.

    Args:
        root: the repository; its template.yaml is deployed, and the state is kept in its .cache.
        parameters: of the template.
        settings: as LocalStack's; only for a stack that is started now.
        vision_url: as LocalStack's; only for a stack that is started now.
        vision_model: as LocalStack's; only for a stack that is started now.
        home: below the root, where its data are.
        fresh: end a running stack, and begin without the data of the home.
    """
    with _alone(root):
        if fresh:
            _stop(root, forget=False)
            shutil.rmtree(root / home, ignore_errors=True)
        running = find_stack(root)
        is_new = not (root / home).exists()
        if running is None:
            stack = LocalStack(
                settings=settings,
                detached=True,
                vision_url=vision_url,
                vision_model=vision_model,
                home=(root / home).resolve(),
            )
            stack.start()
            running = RunningStack(stack.pid, stack.port, stack.endpoint_url, str(stack.folder), {})
        try:
            outputs = deploy_template(running, root / TEMPLATE, parameters=parameters)
            if "TopicArn" in outputs:
                MailCatcher(running, outputs["TopicArn"])  # before anything is published
            if "StudioBucket" in outputs:
                put_trainer_files(running, outputs["StudioBucket"], root)
                if not (running.outputs or is_new):
                    _reconcile(running)
        except BaseException:
            if not running.outputs:  # started by this call
                end_group(running.pid)
                if is_new:
                    shutil.rmtree(running.folder, ignore_errors=True)
            raise
        return _save(root, RunningStack(**{**asdict(running), "outputs": outputs}))


def stop_stack(root: Path, *, forget: bool = False) -> Path | None:
    """Stop the stack; returns the folder of its data, or None if none is running.

    Args:
        root: as start_stack's.
        forget: delete its data too.

    Raises:
        StackFailedError: its data could not be written, for example on a full disk; it runs on.
    """
    with _alone(root):
        return _stop(root, forget=forget)


def _stop(root: Path, *, forget: bool) -> Path | None:
    running = find_stack(root)
    if running is not None:
        if not forget:
            running.control("snapshot", {})
        end_group(running.pid)
        if forget:
            shutil.rmtree(running.folder, ignore_errors=True)
    (root / STATE).unlink(missing_ok=True)
    return None if running is None else Path(running.folder)


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """One start or stop at a time; the system lets go of the lock when its process ends."""
    path = root / LOCK
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def find_stack(root: Path) -> RunningStack | None:
    """The stack that `start_stack` started here, if it is still running."""
    try:
        state = RunningStack(**json.loads((root / STATE).read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    if not is_healthy(state.endpoint_url):
        return None
    try:  # another program or another stack may use that port now
        identity = state.control("identity")
    except (StackFailedError, OSError, ValueError):
        return None
    return state if identity == {"pid": state.pid} else None


def _reconcile(stack: RunningStack) -> None:
    """Let it find now, not in a quarter of an hour, what was ended with the stack of before.

    Questions that executions waited for are asked again.
    """
    stack.client("lambda").invoke(
        FunctionName=f"{STACK}-reconcile",
        InvocationType="Event",
        Payload=json.dumps({"source": "onmodel"}).encode(),
    )


def _save(root: Path, running: RunningStack) -> RunningStack:
    path = root / STATE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(running), indent=2) + "\n")
    return running
