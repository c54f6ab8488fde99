"""`make audit`: bills of materials of the layers, and known vulnerabilities of what is locked.

The bills need no network. Vulnerabilities are asked for at PyPI's advisory service, by pip-audit;
a package that the service did not answer about was not audited, and is not counted as safe.

Exit codes: 0 nothing known, 1 vulnerabilities found, 2 the service did not answer about everything.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
BINARIES = Path(sys.executable).parent
SBOM_FOLDER = ROOT / "build" / "sbom"

LAYERS: Mapping[str, Sequence[str]] = {
    "core": ("layers/core/requirements.txt", "layers/core/service-models.txt"),
    "vision": ("layers/vision/requirements.txt",),
}
"""The locked requirements of each layer. The core layer copies service models from botocore."""

LOCKED = ("uv.lock", ".ci/checkov/uv.lock", "trainer/requirements.txt")
"""Everything that is pinned; the layers' requirements are exported from uv.lock."""

PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)

Pin = tuple[str, str]


def write_sboms(folder: Path) -> list[Path]:
    """CycloneDX JSON of each layer: name, version, package URL and hashes. Needs no network.

    Not validated by cyclonedx-py, which made them itself: the schema's check takes 5 of 6 seconds.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for layer, files in LAYERS.items():
        sbom = folder / f"{layer}.cdx.json"
        requirements = "\n".join((ROOT / name).read_text(encoding="utf-8") for name in files)
        subprocess.run(  # noqa: S603 - our own tool
            [BINARIES / "cyclonedx-py", "requirements", "-", "--of", "JSON",
             "--output-reproducible", "--no-validate", "-o", sbom],
            input=requirements, text=True, check=True, capture_output=True,
        )  # fmt: skip
        written.append(sbom)
    return written


def pins(locks: Iterable[Path]) -> set[Pin]:
    """(name, version) of every package that the locks take from a registry."""
    found: set[Pin] = set()
    for lock in locks:
        text = lock.read_text(encoding="utf-8")
        if lock.suffix == ".lock":
            packages = tomllib.loads(text)["package"]
            found |= {(p["name"], p["version"]) for p in packages if "registry" in p["source"]}
        else:
            found |= set(PIN.findall(text))
    return found


def report(asked: set[Pin], answer: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """(vulnerabilities, packages without an answer), as lines.

    Args:
        asked: the pins that the service was asked about.
        answer: pip-audit's JSON.
    """
    found, answered = [], set()
    for package in answer["dependencies"]:
        if "skip_reason" in package:
            continue
        name, version = package["name"], package["version"]
        answered.add((name, version))
        for known in package["vulns"]:
            fixed = ", ".join(known["fix_versions"]) or "no version"
            found.append(f"{name} {version}: {known['id']}, fixed in {fixed}")
    return sorted(found), [f"{name} {version}" for name, version in sorted(asked - answered)]


def ask(asked: set[Pin]) -> Mapping[str, Any]:
    """pip-audit's JSON; without the packages of a run in which the service was not reached."""
    answers: list[Any] = []
    for lines in _one_version_each(asked):
        with tempfile.TemporaryDirectory() as folder:
            requirements = Path(folder) / "requirements.txt"
            requirements.write_text("\n".join(lines), encoding="utf-8")
            ended = subprocess.run(  # noqa: S603 - our own tool
                [BINARIES / "pip-audit", "--disable-pip", "--no-deps", "--format", "json",
                 "--progress-spinner", "off", "--timeout", "15", "-r", requirements],
                text=True, capture_output=True, check=False,
            )  # fmt: skip
        if ended.stdout.strip():
            answers += json.loads(ended.stdout)["dependencies"]
        else:
            print(ended.stderr.strip().rpartition("\n")[2], file=sys.stderr)
    return {"dependencies": answers}


def _one_version_each(asked: set[Pin]) -> list[list[str]]:
    """Lists of requirements: pip-audit takes one version of a package in a run."""
    lists: list[dict[str, str]] = []
    for name, version in sorted(asked):
        free = next((known for known in lists if name not in known), None)
        if free is None:
            lists.append(free := {})
        free[name] = version
    return [[f"{name}=={version}" for name, version in known.items()] for known in lists]


def main(locks: Sequence[str]) -> int:
    for sbom in write_sboms(SBOM_FOLDER):
        print(f"Wrote {sbom.relative_to(ROOT)}")
    asked = pins(ROOT / lock for lock in locks or LOCKED)
    found, unanswered = report(asked, ask(asked))
    for line in found:
        print(line)
    if unanswered:
        shown = ", ".join(unanswered[:5]) + (", …" if len(unanswered) > 5 else "")
        print(
            f"NOT AUDITED: {len(unanswered)} of {len(asked)} packages. PyPI's advisory service"
            " (https://pypi.org/pypi/…/json) could not be reached, or did not answer about them:"
            f" {shown}. Run it again where it can be reached.",
        )
    print(f"{len(asked) - len(unanswered)} packages audited, {len(found)} vulnerabilities known")
    if found:
        return 1
    return 2 if unanswered else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
