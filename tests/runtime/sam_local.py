# ruff: noqa: T201
"""Every function by the SAM CLI, in Docker, against the local stack: `make sam-local`.

First `sam local invoke` with a good event of each function, every call in a new container. Then
`sam local start-lambda` with all their events, good ones twice, in containers that stay. With names
of functions, both with all events of these. With one name and `--event`, that event, with all that
the function says. Prints a table of each.

Needs Docker and a build for x86-64. The image of the runtime is fetched where it is missing
(stand_in_image.sh makes one where there is no registry), a local stack is started and seeded.
Says so and ends with exit code 0 where there is no Docker or no image; ends with 1 when a function
answers what its fixture does not say.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

from runtime.expectations import Expectation, expectations
from runtime.forwarding import forward_to_the_stack
from runtime.playing import Played, play
from runtime.sam_cli import SAM, Invoke, SamLocal, StartLambda
from runtime.sam_template import write_template

from onmodel_local.daemon import RunningStack, find_stack
from onmodel_local.seed_models import seed_models
from onmodel_local.seed_stack import SeedStack
from onmodel_local.variables import write_variables

ROOT = Path(__file__).parents[2]
IMAGE = "public.ecr.aws/lambda/python:3.13-x86_64"
BUILD = ROOT / "build" / "x86_64"
LAYERS = ROOT / ".cache" / "sam-local-layers"
VARIABLES = ROOT / ".cache" / "sam-local-variables.json"
MODES = ("invoke", "start-lambda")
STEPS = sorted(path.parent.name for path in ROOT.glob("functions/*/app.py"))


def main() -> int:
    arguments = parse()
    if missing := what_is_missing():
        print(f"SKIPPED: no function was run by sam local: {missing}")
        return 0
    stack = seeded_stack(with_seed=arguments.event is None)
    write_variables(stack, VARIABLES)
    sam = SamLocal(stack, write_template(BUILD, LAYERS), LAYERS, VARIABLES)
    with forward_to_the_stack(stack.port):
        if arguments.event:
            return sam.show(arguments.steps[0], arguments.event)
        seed = SeedStack(stack, stack.outputs, ROOT / "events", lambda _: None)
        right = True
        if "invoke" in arguments.by:
            right &= table("sam local invoke", Invoke(sam), once_each(arguments.steps), seed)
        if "start-lambda" in arguments.by:
            with StartLambda(sam) as functions:
                every = all_events(arguments.steps or STEPS)
                right &= table("sam local start-lambda", functions, every, seed)
    return 0 if right else 1


def seeded_stack(*, with_seed: bool) -> RunningStack:
    """The local stack with what the samples name; minutes the first time.

    Args:
        with_seed: whether samples are called; an event of one's own needs none of it.
    """
    stack = find_stack(ROOT)
    if stack is None:
        onmodel = Path(sys.executable).with_name("onmodel")
        subprocess.run([onmodel, "local", "up"], cwd=ROOT, check=True)
        stack = find_stack(ROOT)
    if stack is None:
        sys.exit("The local stack was started and does not answer: onmodel local status")
    if with_seed:  # what is there already is not made again
        subprocess.run([sys.executable, "-m", "onmodel_local.seed"], cwd=ROOT, check=True)
    return stack


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="every function by sam local")
    parser.add_argument("steps", nargs="*", help="functions, for example sample_chunk")
    parser.add_argument("--event", type=Path, help="for one function")
    parser.add_argument("--by", choices=MODES, nargs=1, default=MODES, help="one of both only")
    arguments = parser.parse_args()
    if arguments.event and len(arguments.steps) != 1:
        parser.error("--event goes with one function")
    if unknown := set(arguments.steps) - set(STEPS):
        parser.error(f"no such function: {', '.join(sorted(unknown))}")
    return arguments


def what_is_missing() -> str:
    if not SAM.exists():
        return "no SAM CLI (make .venv-sam/.synced)"
    if not (BUILD / "template.yaml").exists():
        return "no build (make build ARCH=x86_64)"
    return what_docker_lacks()


def what_docker_lacks() -> str:
    """Fetches the image where it is missing."""
    try:
        engine = docker("version")
    except FileNotFoundError:
        return "there is no program docker: install Docker, and start it"
    if engine.returncode != 0:
        return f"Docker does not run: start it ({last_line(engine)})"
    if docker("image", "inspect", IMAGE).returncode == 0:
        return ""
    print(f"Fetching {IMAGE}, once", flush=True)
    fetched = docker("pull", IMAGE)
    if fetched.returncode == 0:
        return ""
    return (
        f"{IMAGE} cannot be fetched ({last_line(fetched)}). Where its registry cannot be reached,"
        " tests/runtime/stand_in_image.sh makes a stand-in"
    )


def docker(*words: str) -> subprocess.CompletedProcess[str]:
    """Raises FileNotFoundError where there is no client."""
    return subprocess.run(["docker", *words], capture_output=True, text=True, check=False)


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    return done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "it says nothing"


def all_events(steps: list[str]) -> list[tuple[str, Expectation]]:
    return [(step, found) for step in steps for found in expectations(step)]


def once_each(steps: list[str]) -> list[tuple[str, Expectation]]:
    """All events of the functions named; the first good one of each function without names."""
    found = [
        (step, next(found for found in expectations(step) if found.refused is None))
        for step in STEPS
    ]
    return [
        (step, replace(expected, repeated=False))  # start-lambda repeats them, ten times quicker
        for step, expected in (all_events(steps) if steps else found)
    ]


def table(
    title: str,
    functions: Invoke | StartLambda,
    events: list[tuple[str, Expectation]],
    seed: SeedStack,
) -> bool:
    """Play the events and print a line for each; whether all came to what their fixtures say."""
    print(f"\n{title}\n{'function':<22} {'event':<26} {'seconds':>7}  answer")
    began = time.monotonic()
    right = 0
    for step, expected in events:
        seed_models(seed)  # what the last event has changed
        start = time.monotonic()
        played = play(expected, lambda event, step=step: functions.call(step, event), seed.stack)
        line = f"{step:<22} {expected.name:<26} {time.monotonic() - start:>7.1f}"
        print(f"{line}  {result(played)}", flush=True)
        if played.fault:
            print("\n".join(functions.log.splitlines()[-15:]))
        right += played.fault is None
    took = time.monotonic() - began
    print(f"{right} of {len(events)} came to what their fixtures say, in {took:.0f} s")
    return right == len(events)


def result(played: Played) -> str:
    return f"WRONG {played.fault}" if played.fault else played.answer[:80]


if __name__ == "__main__":
    sys.exit(main())
