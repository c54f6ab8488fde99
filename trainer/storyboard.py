"""storyboard.json and the adapter that draws it; needs nothing but the standard library."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from job import JobError, sha256
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
    try:
        told = json.loads((folder / "storyboard.json").read_text(encoding="utf-8"))
        panels = tuple(
            Panel(**(panel | {"references": tuple(panel.get("references", ()))}))
            for panel in told.pop("panels")
        )
        storyboard = Storyboard(panels=panels, **told)
    except FileNotFoundError as error:
        raise JobError("The storyboard channel has no storyboard.json") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise JobError(f"storyboard.json is wrong: {error}") from error
    if storyboard.arm not in {"tuned", "references", "base"}:
        raise JobError(f"storyboard.json names the arm {storyboard.arm!r}, which is unknown")
    if not panels or len({panel.id for panel in panels}) < len(panels):
        raise JobError("storyboard.json has no panels, or two with one id")
    return storyboard


def read_adapter(folder: Path, base: BaseModel, checkpoint: str | None) -> Adapter:
    """Raises JobError: not finished, changed, or trained on another base model."""
    manifest = folder / "adapter.json"
    if not manifest.is_file():
        raise JobError("The adapter has no adapter.json: its training did not finish")
    told = json.loads(manifest.read_text(encoding="utf-8"))
    if told["base"]["weights_sha256"] != base.sha256:
        raise JobError(f"The adapter was trained on other weights than those of {base.name}")
    file = checkpoint or told["adapter"]
    if file not in told["files"]:
        raise JobError(f"The adapter has no {file}")
    if not (folder / file).is_file() or sha256(folder / file) != told["files"][file]:
        raise JobError(f"{file} of the adapter is not the file that adapter.json names")
    return Adapter(folder, file, told["files"][file], told["recipe"]["max_sequence_length"])


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
