"""Where a job finds and leaves its files, how it is stopped, and how it reports a failure.

https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-running-container.html
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

FAILURE_CHARACTERS = 1024
"""SageMaker shows so many of /opt/ml/output/failure as FailureReason."""


class JobError(Exception):
    """Raised when only a person can put it right; the message is one sentence in plain words."""


class Stop:
    """Whether the job has to end: by SIGTERM, or by its own deadline before MaxRuntime.

    SageMaker sends SIGTERM for StopTrainingJob and for MaxRuntime, and SIGKILL 120 seconds later.
    """

    def __init__(self, deadline_seconds: float | None = None) -> None:
        self.asked = False
        self._deadline = time.monotonic() + (
            math.inf if deadline_seconds is None else deadline_seconds
        )

    def listen(self) -> None:
        """Take SIGTERM as the wish to stop. Only the main thread may call this."""
        signal.signal(signal.SIGTERM, lambda *_: setattr(self, "asked", True))

    @property
    def time_is_over(self) -> bool:
        return time.monotonic() >= self._deadline


def run(work: Callable[[], None], failure: Path) -> int:
    """Run a job and return its exit status; a failure is written for FailureReason.

    Args:
        work: the job.
        failure: /opt/ml/output/failure, or a file of a test.
    """
    failure.unlink(missing_ok=True)
    try:
        work()
    except Exception as error:  # noqa: BLE001 - the last place where a failure can be reported
        text = str(error) if isinstance(error, JobError) else f"{type(error).__name__}: {error}"
        if not isinstance(error, JobError):
            traceback.print_exc()
        print(f"failed: {text}", file=sys.stderr, flush=True)
        if failure.parent.is_dir():
            failure.write_text(text[:FAILURE_CHARACTERS], encoding="utf-8")
        return 1
    return 0


def sha256(path: Path) -> str:
    """In hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_json(path: Path, value: Any) -> None:  # noqa: ANN401 - whatever JSON holds
    """Written whole or not at all."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def write_text(path: Path, text: str) -> None:
    """Written whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    with part.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
