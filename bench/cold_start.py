"""How long a function's handler takes to import in a fresh process, of two trees side by side.

    make bench-cold-start BEFORE=/path/to/another/checkout STEPS="claim_run sample_chunk"

Each step is imported in turn from both trees, by the same interpreter, so that a busy machine slows
both. Printed are medians and their ratio; only the ratio compares to another machine's. BEFORE left
out, only this tree is measured.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
TIMED = """
import sys, time
sys.path[:0] = [sys.argv[1] + "/layers/core", sys.argv[1] + "/functions/" + sys.argv[2]]
began = time.perf_counter(), time.process_time()
import app
print(time.perf_counter() - began[0], time.process_time() - began[1], "numpy" in sys.modules)
"""


class _AnyTag(yaml.SafeLoader):
    """Only the names of the variables are read, so a tag's value does not matter."""


_AnyTag.add_multi_constructor("!", lambda _loader, _tag, _node: "1")


def environment_of(tree: Path) -> dict[str, str]:
    """This process's, and a value for each variable that the tree's template sets."""
    template = yaml.load((tree / "template.yaml").read_text(), Loader=_AnyTag)  # noqa: S506
    names = template["Globals"]["Function"]["Environment"]["Variables"]
    values = dict.fromkeys(names, "1") | {"POWERTOOLS_LOG_LEVEL": "INFO", "AWS_ENDPOINT_URL": ""}
    return {**os.environ, **values, "AWS_REGION": "us-east-1"}


def measure(tree: Path, step: str, environment: dict[str, str]) -> tuple[float, float, bool]:
    """(seconds by the clock, seconds of the processor, whether NumPy was imported)."""
    command = [sys.executable, "-c", TIMED, str(tree), step]
    done = subprocess.run(  # noqa: S603 - our own interpreter
        command, env=environment, capture_output=True, text=True, check=True
    )
    elapsed, processor, has_numpy = done.stdout.split()
    return float(elapsed), float(processor), has_numpy == "True"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("steps", nargs="+", help="folders under functions/")
    arguments.add_argument("--before", type=Path, help="another checkout, with its own template")
    arguments.add_argument("--times", type=int, default=15, help="processes of each")
    chosen = arguments.parse_args()
    trees = {"before": chosen.before.resolve()} if chosen.before else {}
    trees["now"] = ROOT
    environments = {name: environment_of(tree) for name, tree in trees.items()}
    for step in chosen.steps:
        found: dict[str, list[tuple[float, float, bool]]] = {name: [] for name in trees}
        for name, tree in trees.items():  # fills the caches of files and bytecode
            measure(tree, step, environments[name])
        for _ in range(chosen.times):
            for name, tree in trees.items():
                found[name].append(measure(tree, step, environments[name]))
        medians = []
        for name, runs in found.items():
            elapsed = statistics.median(run[0] for run in runs)
            processor = statistics.median(run[1] for run in runs)
            medians.append((elapsed, processor))
            numpy = "with NumPy" if runs[0][2] else "without NumPy"
            print(f"{step} {name}: {elapsed:.2f} s, {processor:.2f} s of the processor, {numpy}")
        if len(medians) == 2:
            (elapsed, processor), (elapsed_now, processor_now) = medians
            print(
                f"{step} now / before: {elapsed_now / elapsed:.2f} by the clock,"
                f" {processor_now / processor:.2f} of the processor"
            )


if __name__ == "__main__":
    main()
