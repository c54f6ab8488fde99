"""The captioned pictures of a dataset; needs nothing but the standard library."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from job import JobError
from records import field, read_text


@dataclasses.dataclass(frozen=True)
class Item:
    """One picture with its caption. A line of train.jsonl or validation.jsonl."""

    picture: Path
    caption: str
    repeats: int = 1
    """How often it is seen in an epoch: rare characters more often."""


def read_items(folder: Path, name: str) -> tuple[Item, ...]:
    """Read `{"picture": "pictures/a.jpg", "caption": "…", "repeats": 1}`, one a line.

    Raises:
        JobError: a line is wrong, or a picture is missing. A missing or empty file means no items.
    """
    path = folder / name
    if not path.is_file() or not path.stat().st_size:
        return ()
    items = []
    # not splitlines(): a caption may have a line separator of Unicode
    for number, line in enumerate(read_text(path).removesuffix("\n").split("\n"), 1):
        items.append(_item(folder, line, f"Line {number} of {name}"))
    missing = [item.picture for item in items if not item.picture.is_file()]
    if missing:
        raise JobError(
            f"{len(missing)} pictures of {name} are missing, the first is"
            f" {missing[0].relative_to(folder)}"
        )
    return tuple(items)


def _item(folder: Path, line: str, where: str) -> Item:
    try:
        told = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise JobError(f"{where} is not JSON: {error}") from error
    if not isinstance(told, dict):
        raise JobError(f"{where} is no JSON object")
    caption = field(told, "caption", str, where)
    if not caption.strip():
        raise JobError(f"{where} has no caption")
    repeats = field({"repeats": 1} | told, "repeats", int, where)
    if repeats < 1:
        raise JobError(f"repeats of {where} is {repeats}; it must be at least 1")
    return Item(folder / field(told, "picture", str, where), caption, repeats)
