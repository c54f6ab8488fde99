"""The weights of the base model: every file is what weights.json says."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from job import JobError, sha256


@dataclasses.dataclass(frozen=True)
class BaseModel:
    """A model channel whose files were checked."""

    folder: Path
    name: str
    revision: str
    licence: str
    sha256: str
    """Of weights.json, which has the hash of every file: it identifies the weights."""
    notice: str = ""
    """Written on every picture: of weights that draw nothing but noise."""


def check_weights(folder: Path) -> BaseModel:
    """Compare every file with weights.json.

    Raises:
        JobError: weights.json or a file is missing, or a file is another one.
    """
    listing = folder / "weights.json"
    if not listing.is_file():
        raise JobError("The model channel has no weights.json: run `onmodel trainer prepare`")
    told = json.loads(listing.read_text(encoding="utf-8"))
    for name, expected in told["files"].items():
        if not (folder / name).is_file():
            raise JobError(f"The model channel lacks {name}: run `onmodel trainer prepare`")
        if sha256(folder / name) != expected:
            raise JobError(
                f"{name} of the model channel is not the file that weights.json names:"
                " run `onmodel trainer prepare`"
            )
    return BaseModel(
        folder,
        told["model"],
        told["revision"],
        told["licence"],
        sha256(listing),
        told.get("notice", ""),
    )
