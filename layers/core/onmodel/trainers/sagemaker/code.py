"""The files of trainer/, which a job runs: they travel in the layer and are uploaded once."""

from __future__ import annotations

from pathlib import Path

import onmodel
from onmodel.contracts.sagemaker import code_prefix
from onmodel.errors import NotFound
from onmodel.ports.storage import ObjectStore

FOLDER = Path(onmodel.__file__).parents[1] / "trainer"
"""Beside the package, in the repository as in the layer."""

REQUIREMENTS = "requirements.txt"


def read_code(folder: Path = FOLDER) -> dict[str, bytes]:
    """The files by name; those of tests stand in folders of their own."""
    names = [*folder.glob("*.py"), folder / "start.sh", folder / REQUIREMENTS]
    return {path.name: path.read_bytes() for path in sorted(names)}


def upload_code(store: ObjectStore, folder: Path = FOLDER) -> str:
    """Upload what is missing; returns the prefix. Other content has another prefix."""
    files = read_code(folder)
    prefix = code_prefix(files)
    for name, content in files.items():
        try:
            store.head(f"{prefix}{name}")
        except NotFound:
            store.put(f"{prefix}{name}", content, "application/octet-stream")
    return prefix
