"""The container of a job: SageMaker's folders in a temporary place, and the job's process.

The entry point of the request runs as it is, but for the paths: /opt/ml and /usr/local/bin are
folders of the job. `python` is there a small shell script, which chooses the interpreter of the
program that is run.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCRIPTED = Path(__file__).parents[2] / "scripted_job"
"""Programs that write what train.py and draw.py write, without torch."""

FAILURE_CHARACTERS = 1024
"""SageMaker shows so many of a reason."""

_PYTHON = """\
#!/bin/sh
# `python` of the simulated container: packages are there, and two programs are known.
case "$1 $2" in
  "-m pip") echo "pip is not run: this environment has the packages"; exit 0 ;;
esac
case "$1" in
{programs}
esac
exec '{other}' "$@"
"""


@dataclass(frozen=True)
class Programs:
    """What runs train.py and draw.py.

    Attributes:
        trainer_python: interpreter with torch, which runs the programs of the code channel; None
            runs the scripted ones instead.
        scripted_seconds: how long a scripted training takes.
    """

    trainer_python: str | None
    scripted_seconds: float


class Container:
    """Folders of one job below `root`, and its process."""

    def __init__(self, root: Path, programs: Programs) -> None:
        self.root = root
        self.ml = root / "ml"
        self.data = self.ml / "input" / "data"
        self.checkpoints = self.ml / "checkpoints"
        self.model = self.ml / "model"
        self.output = self.ml / "output"
        self.log = root / "log.txt"
        self._bin = root / "bin"
        self._programs = programs
        self._process: subprocess.Popen[bytes] | None = None
        for folder in (self.data, self.checkpoints, self.model, self.output / "data", self._bin):
            folder.mkdir(parents=True)
        (root / "tmp").mkdir()

    def write_configuration(self, request: Mapping[str, Any]) -> None:
        """/opt/ml/input/config, as training programs read it."""
        folder = self.ml / "input" / "config"
        folder.mkdir()
        channels = {
            channel["ChannelName"]: {
                "TrainingInputMode": "File",
                "S3DistributionType": "FullyReplicated",
            }
            for channel in request.get("InputDataConfig", ())
        }
        resources = {"current_host": "algo-1", "hosts": ["algo-1"]}
        for name, value in (
            ("hyperparameters", request.get("HyperParameters", {})),
            ("inputdataconfig", channels),
            ("resourceconfig", resources),
        ):
            (folder / f"{name}.json").write_text(json.dumps(value))

    def start(self, request: Mapping[str, Any], environment: Mapping[str, str]) -> None:
        """Start the entry point.

        Args:
            request: of CreateTrainingJob.
            environment: beside that of the request: credentials, unless the network is isolated.
        """
        self._write_programs()
        algorithm = request["AlgorithmSpecification"]
        parts = algorithm["ContainerEntrypoint"] + algorithm.get("ContainerArguments", [])
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 - what the job is asked to run
                [self._moved(part) for part in parts],
                env={**self._environment(request), **environment},
                cwd=self.ml,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # in the emulator's process group, so that it ends with the stack
            )

    def exit_code(self) -> int | None:
        """None while it runs; 128 + the signal's number, as a shell says, when it was killed."""
        if self._process is None:
            return None
        code = self._process.poll()
        return 128 - code if code is not None and code < 0 else code

    def terminate(self) -> None:
        """SIGTERM to the container's first process alone, as SageMaker does."""
        if self._process is not None:
            self._process.terminate()

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def failure(self, code: int) -> str:
        """FailureReason of a process that ended with this status."""
        path = self.output / "failure"
        text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
        ending = f", exit code: {code}"
        return f"AlgorithmError: {text}"[: FAILURE_CHARACTERS - len(ending)] + ending

    def log_tail(self) -> str:
        if not self.log.is_file():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])

    def remove(self) -> None:
        shutil.rmtree(self.root, ignore_errors=True)

    def _moved(self, text: str) -> str:
        return text.replace("/opt/ml", str(self.ml)).replace("/usr/local/bin", str(self._bin))

    def _write_programs(self) -> None:
        python = self._programs.trainer_python
        lines = []
        for name, folders in self._folders().items():
            if name == "prepare.py":  # needs boto3 instead of torch
                run = f"'{sys.executable}' \"$it\""
            elif python:
                run = f"'{python}' \"$it\""
            else:
                run = f"'{sys.executable}' '{SCRIPTED / name}'"
            given = " ".join(f"--{option} '{path}'" for option, path in folders.items())
            lines.append(f'  */{name}) it="$1"; shift; exec {run} {given} "$@" ;;')
        script = _PYTHON.format(programs="\n".join(lines), other=sys.executable)
        for name in ("python", "python3"):
            (self._bin / name).write_text(script)
            (self._bin / name).chmod(0o755)
        (self._bin / "start_cuda_compat.sh").write_text("# of AWS's image\n")

    def _folders(self) -> dict[str, dict[str, Path]]:
        """Where the programs look for their folders when no argument says so: below /opt/ml."""
        common = {"model": self.data / "model", "failure": self.output / "failure"}
        return {
            "train.py": common
            | {
                "dataset": self.data / "dataset",
                "out": self.model,
                "checkpoints": self.checkpoints,
            },
            "prepare.py": {"failure": self.output / "failure"},
            "draw.py": common | {"storyboard": self.data / "storyboard", "out": self.checkpoints},
        }

    def _environment(self, request: Mapping[str, Any]) -> dict[str, str]:
        inherited = ("LANG", "LC_ALL", "LD_LIBRARY_PATH", "TZ")
        return {
            **{name: os.environ[name] for name in inherited if name in os.environ},
            "PATH": f"{self._bin}:{os.environ.get('PATH', '/usr/bin:/bin')}",
            "HOME": str(self.root),
            "TMPDIR": str(self.root / "tmp"),
            "PYTHONUNBUFFERED": "1",
            "OMP_NUM_THREADS": "1",  # two threads on a busy machine are many times slower
            "TRAINING_JOB_NAME": request["TrainingJobName"],
            "ONMODEL_CODE": str(self.data / "code"),
            "ONMODEL_SCRIPTED_SECONDS": str(self._programs.scripted_seconds),
            **{name: self._moved(value) for name, value in request.get("Environment", {}).items()},
        }
