"""Runs the test of each row of docs/uploads.md and prints the table with what holds now.

python tests/docs/cases.py
"""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| (?P<upload>.+?) \| (?P<answer>.+?) \| `(?P<test>[\w/.]+::\w+)` \|$")


class Case(NamedTuple):
    """A row of the page."""

    upload: str
    answer: str
    test: str


def cases() -> tuple[Case, ...]:
    """All rows of docs/uploads.md."""
    lines = (ROOT / "docs" / "uploads.md").read_text(encoding="utf-8").splitlines()
    return tuple(Case(**row.groupdict()) for line in lines if (row := ROW.match(line)))


def run() -> int:
    """Run the tests, print the table, and return pytest's exit status."""
    found = cases()
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        nodes = [f"tests/unit/{case.test}" for case in found]
        command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", *nodes]
        status = subprocess.run(command, cwd=ROOT, check=False).returncode
        results: dict[str, list[bool]] = {}
        for test in ET.parse(report).iter("testcase"):
            name = str(test.get("name")).partition("[")[0]
            passed = not any(child.tag in {"failure", "error", "skipped"} for child in test)
            results.setdefault(name, []).append(passed)
    print("| upload | what onmodel does | now |\n|---|---|---|")
    for case in found:
        held = results.get(case.test.partition("::")[2], [])
        now = "holds" if held and all(held) else "does not hold"
        print(f"| {case.upload} | {case.answer} | {now} ({len(held)} checks) |")
    return status


if __name__ == "__main__":
    sys.exit(run())
