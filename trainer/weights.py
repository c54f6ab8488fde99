"""The weights of the base model: every file is what weights.json says."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from job import JobError, sha256
from records import field, read_object


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
        JobError: weights.json is missing or wrong, a file is missing, or is another one.
    """
    listing = folder / "weights.json"
    if not listing.is_file():
        raise JobError("The model channel has no weights.json: run `onmodel trainer prepare`")
    told = read_object(listing)
    for name, expected in field(told, "files", dict, listing.name).items():
        if not (folder / name).is_file():
            raise JobError(f"The model channel lacks {name}: run `onmodel trainer prepare`")
        if sha256(folder / name) != expected:
            raise JobError(
                f"{name} of the model channel is not the file that {listing.name} names:"
                " run `onmodel trainer prepare`"
            )
    return BaseModel(
        folder,
        field(told, "model", str, listing.name),
        field(told, "revision", str, listing.name),
        field(told, "licence", str, listing.name),
        sha256(listing),
        str(told.get("notice", "")),
    )
