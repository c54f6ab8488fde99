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
import inspect
import json
import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from enum import StrEnum
from pathlib import Path

from onmodel import errors
from onmodel_local.daemon import find
from onmodel_local.variables import write_variables

ROOT = Path(__file__).parents[2]
IMAGE = "public.ecr.aws/lambda/python:3.13-x86_64"
SAM = ROOT / ".venv-sam" / "bin" / "sam"
TEMPLATE = ROOT / "build" / "x86_64" / "template.yaml"
VARIABLES = ROOT / ".cache" / "sam-local-variables.json"
TREE = {name for name, kind in inspect.getmembers(errors, inspect.isclass)}
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
    came_to: Counter[Verdict] = Counter()
    with door_to_the_stack(stack.port):
        if arguments.event:
            return subprocess.run(
                command(arguments.steps[0], arguments.event), env=environment(), check=False
            ).returncode
        print(f"{'function':<22} {'event':<22} {'seconds':>7}  answer")
        for expected in chosen_events(arguments.steps):
            came_to[invoke(expected.parent.name, expected)] += 1
    print(", ".join(f"{count} {verdict}" for verdict, count in sorted(came_to.items())))
    return 1 if came_to[Verdict.WRONG] else 0


class Verdict(StrEnum):
    ANSWERED = "answered"
    REFUSED = "refused as the fixture says"
    FAILED = "ended with an error of the tree (what the event names is not there)"
    WRONG = "wrong"


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="sam local invoke against the local stack")
    parser.add_argument("steps", nargs="*", help="functions, for example sample_chunk")
    parser.add_argument("--event", type=Path, help="for one function")
    arguments = parser.parse_args()
    if arguments.event and len(arguments.steps) != 1:
        parser.error("--event goes with one function")
    return arguments


def chosen_events(steps: list[str]) -> list[Path]:
    events = sorted(ROOT.glob("events/*/*.expected.json"))
    if steps:
        return [path for path in events if path.parent.name in steps]
    good = [path for path in events if not is_refused(path)]
    first: dict[str, Path] = {}
    for path in good:
        first.setdefault(path.parent.name, path)
    return list(first.values())


def is_refused(expected: Path) -> bool:
    return json.loads(expected.read_text())["refused"] is not None


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


def invoke(step: str, expected: Path) -> Verdict:
    """Run one event and print its line."""
    event = expected.with_name(expected.name.replace(".expected.json", ".json"))
    refused = is_refused(expected)
    began = time.monotonic()
    done = subprocess.run(
        command(step, event), env=environment(), capture_output=True, text=True, check=False
    )
    seconds = time.monotonic() - began
    answer = done.stdout.strip().splitlines()[-1:] or [""]
    verdict, told = judge(answer[0], refused=refused)
    name = event.name.removesuffix(".json")
    print(f"{step:<22} {name:<22} {seconds:>7.1f}  {told}", flush=True)
    if verdict is Verdict.WRONG:
        print("\n".join(done.stderr.splitlines()[-15:]))
    return verdict


def judge(answer: str, *, refused: bool) -> tuple[Verdict, str]:
    try:
        value = json.loads(answer)
    except ValueError:
        return Verdict.WRONG, f"no JSON: {answer[:100]!r}"
    error = value.get("errorType") if isinstance(value, dict) else None
    if error is None:
        return Verdict.WRONG if refused else Verdict.ANSWERED, answer[:80]
    told = f"{error}: {value['errorMessage'][:70]}"
    if refused:
        return Verdict.REFUSED if error == "EventRefused" else Verdict.WRONG, told
    return Verdict.FAILED if error in TREE else Verdict.WRONG, told


if __name__ == "__main__":
    sys.exit(main())
