# ruff: noqa: T201
"""`sam local invoke` of every function against the local stack; prints a table. `make sam-local`.

With names of functions, all their events; without, the first good event of each function: SAM
builds an image with the template's layers at every call. With one name and `--event`, that event,
with all that the function says.

Needs a Docker engine with the image of the runtime (stand_in_image.sh makes one where there is no
registry), a build for x86-64, and a seeded local stack (`onmodel local up`, `make seed`).
Skips aloud, with exit code 0, where engine or image are missing; ends with 1 when a function
answers what its fixture does not say.
"""

from __future__ import annotations

import argparse
import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from runtime.expectations import Expectation, expectations

from onmodel_local.daemon import find
from onmodel_local.ground import Ground
from onmodel_local.seed_models import plant_models
from onmodel_local.variables import write_variables

ROOT = Path(__file__).parents[2]
IMAGE = "public.ecr.aws/lambda/python:3.13-x86_64"
SAM = ROOT / ".venv-sam" / "bin" / "sam"
TEMPLATE = ROOT / "build" / "x86_64" / "template.yaml"
VARIABLES = ROOT / ".cache" / "sam-local-variables.json"
BLOCK = 1 << 16


def main() -> int:
    if missing := what_is_missing():
        print(f"SKIPPED: no function was run by sam local invoke: {missing}")
        return 0
    stack = find(Path.cwd())
    if stack is None:
        print("No local stack runs here: onmodel local up, then make seed")
        return 1
    write_variables(stack, VARIABLES)
    arguments = parse()
    with door_to_the_stack(stack.port):
        if arguments.event:
            return subprocess.run(
                command(arguments.steps[0], arguments.event), env=environment(), check=False
            ).returncode
        print(f"{'function':<22} {'event':<22} {'seconds':>7}  answer")
        ground = Ground(stack, stack.outputs, ROOT / "events", lambda _: None)
        right = []
        for step, expected in chosen(arguments.steps):
            plant_models(ground)
            right.append(invoke(step, expected))
    print(f"{sum(right)} of {len(right)} came to what their fixtures say")
    return 0 if all(right) else 1


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="sam local invoke against the local stack")
    parser.add_argument("steps", nargs="*", help="functions, for example sample_chunk")
    parser.add_argument("--event", type=Path, help="for one function")
    arguments = parser.parse_args()
    if arguments.event and len(arguments.steps) != 1:
        parser.error("--event goes with one function")
    return arguments


def chosen(steps: list[str]) -> list[tuple[str, Expectation]]:
    """All events of the functions named; the first good one of each function without names."""
    if steps:
        return [(step, found) for step in steps for found in expectations(step)]
    every = sorted(path.parent.name for path in ROOT.glob("functions/*/app.py"))
    return [
        (step, next(found for found in expectations(step) if found.refused is None))
        for step in every
    ]


def what_is_missing() -> str:
    if not SAM.exists():
        return "no SAM CLI (make .venv-sam/.synced)"
    if not TEMPLATE.exists():
        return "no build (make build ARCH=x86_64)"
    try:
        asked = subprocess.run(
            ["docker", "image", "inspect", IMAGE], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return "no Docker client"
    if asked.returncode != 0:
        return f"no Docker engine with {IMAGE}: {asked.stderr.strip()}"
    return ""


@contextmanager
def door_to_the_stack(port: int) -> Iterator[None]:
    """Containers call the host by its address on Docker's bridge; the stack is on 127.0.0.1 alone.

    What comes to that one address goes on to the stack; nothing is opened to the network.
    """
    asked = subprocess.run(
        ["docker", "network", "inspect", "bridge", "-f", "{{(index .IPAM.Config 0).Gateway}}"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    with closing(socket.create_server((asked.stdout.strip() or "172.17.0.1", port))) as door:
        threading.Thread(target=_take_calls, args=(door, port), daemon=True).start()
        yield


def _take_calls(door: socket.socket, port: int) -> None:
    while True:
        try:
            caller, _ = door.accept()
        except OSError:  # closed: all functions are done
            return
        threading.Thread(target=_carry, args=(caller, port), daemon=True).start()


def _carry(caller: socket.socket, port: int) -> None:
    """Bytes both ways until either end closes."""
    with closing(caller), closing(socket.create_connection(("127.0.0.1", port))) as stack:
        other = {caller: stack, stack: caller}
        while True:
            for ready in select.select([caller, stack], [], [])[0]:
                block = ready.recv(BLOCK)
                if not block:
                    return
                other[ready].sendall(block)


def command(step: str, event: Path) -> list[str]:
    logical = "".join(part.capitalize() for part in step.split("_")) + "Function"
    return [
        str(SAM), "local", "invoke", logical, "--template", str(TEMPLATE), "--event", str(event),
        "--env-vars", str(VARIABLES), "--parameter-overrides", "Architecture=x86_64",
        "--skip-pull-image", "--region", "us-east-1",
        "--add-host", "host.docker.internal:host-gateway",
    ]  # fmt: skip


def environment() -> dict[str, str]:
    """The emulator's root; never somebody's own credentials."""
    return {
        **os.environ,
        "SAM_CLI_TELEMETRY": "0",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }


def invoke(step: str, expected: Expectation) -> bool:
    """Run one event and print its line; whether it came to what its fixture says."""
    began = time.monotonic()
    done = subprocess.run(
        command(step, expected.event),
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.monotonic() - began
    answer = (done.stdout.strip().splitlines() or [""])[-1]
    try:
        fault = expected.fault(answer)
    except ValueError:
        fault = f"no JSON: {answer[:100]!r}"
    told = f"WRONG {fault}" if fault else answer[:80]
    print(f"{step:<22} {expected.name:<22} {seconds:>7.1f}  {told}", flush=True)
    if fault:
        print("\n".join(done.stderr.splitlines()[-15:]))
    return fault is None


if __name__ == "__main__":
    sys.exit(main())
