"""storyboard.json and the adapter that draws it; needs nothing but the standard library."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from job import JobError, sha256
from records import field, read_object, record
from weights import BaseModel


@dataclasses.dataclass(frozen=True)
class Panel:
    """One picture to draw."""

    id: str
    prompt: str
    seed: int
    width: int
    height: int
    references: tuple[str, ...] = ()
    """Files beside storyboard.json."""


@dataclasses.dataclass(frozen=True)
class Storyboard:
    """storyboard.json of one arm."""

    arm: str
    panels: tuple[Panel, ...]
    steps: int = 50
    guidance: float = 4.0
    max_sequence_length: int = 512
    adapter_scale: float = 1.0
    checkpoint: str | None = None
    """Another file of the adapter than the chosen one, such as checkpoints/step-000500.safetensors.
    """


@dataclasses.dataclass(frozen=True)
class Adapter:
    """The trained matrices, checked."""

    folder: Path
    file: str
    sha256: str
    max_sequence_length: int


def read_storyboard(folder: Path) -> Storyboard:
    """Raises JobError when storyboard.json is missing or wrong."""
    name = "storyboard.json"
    if not (folder / name).is_file():
        raise JobError(f"The storyboard channel has no {name}")
    told = read_object(folder / name)
    listed = field(told, "panels", list, name)
    panels = tuple(_panel(one, f"Panel {number} of {name}") for number, one in enumerate(listed, 1))
    storyboard = record(Storyboard, told | {"panels": panels}, name)
    if storyboard.arm not in {"tuned", "references", "base"}:
        raise JobError(f"{name} names the arm {storyboard.arm!r}, which is unknown")
    if not panels or len({panel.id for panel in panels}) < len(panels):
        raise JobError(f"{name} has no panels, or two with one id")
    return storyboard


def _panel(told: object, where: str) -> Panel:
    panel = record(Panel, told, where)
    if not all(isinstance(name, str) for name in panel.references):
        raise JobError(f"references of {where} are no list of files")
    return dataclasses.replace(panel, references=tuple(panel.references))


def read_adapter(folder: Path, base: BaseModel, checkpoint: str | None) -> Adapter:
    """Raises JobError: not finished, damaged, changed, or trained on another base model."""
    name = "adapter.json"
    if not (folder / name).is_file():
        raise JobError(f"The adapter has no {name}: its training did not finish")
    told = read_object(folder / name)
    of_base = field(told, "base", dict, name)
    if field(of_base, "weights_sha256", str, f"base of {name}") != base.sha256:
        raise JobError(f"The adapter was trained on other weights than those of {base.name}")
    file = checkpoint or field(told, "adapter", str, name)
    files = field(told, "files", dict, name)
    if file not in files:
        raise JobError(f"The adapter has no {file}")
    if not (folder / file).is_file() or sha256(folder / file) != files[file]:
        raise JobError(f"{file} of the adapter is not the file that {name} names")
    recipe = field(told, "recipe", dict, name)
    length = field(recipe, "max_sequence_length", int, f"recipe of {name}")
    return Adapter(folder, file, files[file], length)


def adapter_of(storyboard: Storyboard, folder: Path | None, base: BaseModel) -> Adapter | None:
    """The adapter that an arm draws with; None for an arm without. Raises JobError."""
    if storyboard.arm != "tuned":
        return None
    if folder is None:
        raise JobError("The arm `tuned` needs an adapter")
    return read_adapter(folder, base, storyboard.checkpoint)


def read_line(out: Path, panel: Panel) -> dict[str, Any]:
    """What `<id>.json` says of a panel. Raises OSError or ValueError."""
    told: dict[str, Any] = json.loads((out / f"{panel.id}.json").read_text(encoding="utf-8"))
    return told


def is_drawn(out: Path, panel: Panel) -> bool:
    """Whether its picture is there, and is the one that `<id>.json` names."""
    try:
        told = read_line(out, panel)
        return "error" not in told and sha256(out / f"{panel.id}.png") == told["sha256"]
    except (OSError, ValueError, KeyError):
        return False
