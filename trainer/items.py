"""The captioned pictures of a dataset; needs nothing but the standard library."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from job import JobError


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
        JobError: a line is wrong, or a picture is missing. A missing file of lines means no items.
    """
    path = folder / name
    if not path.is_file():
        return ()
    items = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            told = json.loads(line)
            item = Item(folder / told["picture"], told["caption"], int(told.get("repeats", 1)))
        except (ValueError, KeyError, TypeError) as error:
            raise JobError(f"Line {number} of {name} is no picture with a caption") from error
        if not item.caption.strip():
            raise JobError(f"Line {number} of {name} has no caption")
        items.append(item)
    missing = [item.picture for item in items if not item.picture.is_file()]
    if missing:
        raise JobError(
            f"{len(missing)} pictures of {name} are missing, the first is"
            f" {missing[0].relative_to(folder)}"
        )
    return tuple(items)
