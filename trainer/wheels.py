"""The packages that a job installs without a network, as pip chooses them in this environment.

What the training image brings is not fetched: pip counts it as installed. So this runs inside that
image.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from job import JobError

PIP_SECONDS = 900


def fetch_wheels(requirements: Path, folder: Path, index: str | None = None) -> tuple[Path, ...]:
    """Download the wheels that are missing here, each compared with the index's hash.

    Args:
        requirements: a requirements.txt.
        folder: is filled.
        index: address of a package index; pip's own when None.

    Raises:
        JobError: a package has no wheel for this machine, or pip fails.
    """
    source = ("--index-url", index) if index else ()
    report = json.loads(
        _pip("install", "--dry-run", "--report", "-", *source, "-r", str(requirements))
    )
    pinned = folder / "pinned.txt"
    pinned.write_text("".join(_pin(item) for item in report["install"]), encoding="utf-8")
    if report["install"]:
        _pip(
            "download", "--no-deps", "--require-hashes", *source,
            "--dest", str(folder), "-r", str(pinned),
        )  # fmt: skip
    pinned.unlink()
    return tuple(sorted(folder.glob("*.whl")))


def _pin(item: dict[str, Any]) -> str:
    about, archive = item["metadata"], item["download_info"].get("archive_info", {})
    found = archive.get("hashes", {}).get("sha256")
    if not found:
        raise JobError(f"The package index declares no SHA-256 of {about['name']}")
    return f"{about['name']}=={about['version']} --hash=sha256:{found}\n"


def _pip(command: str, *arguments: str) -> str:
    """What pip prints on its standard output."""
    done = subprocess.run(  # noqa: S603 - pip of this Python
        [sys.executable, "-m", "pip", command, "--quiet", "--only-binary", ":all:", *arguments],
        env=os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"},
        capture_output=True,
        text=True,
        timeout=PIP_SECONDS,
        check=False,
    )
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        raise JobError(f"pip {command} failed: {' '.join(lines) or done.stderr[-400:]}")
    return done.stdout
