"""Checkpoints: a training that was stopped goes on from one as if it had not been stopped.

The folder is synchronised with S3 file by file, so state.json is written last and has the hash of
every other file: instead of a checkpoint that is not whole the one before it is used.
"""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from job import sha256, write_json
from metrics import Row

KEPT_TO_RESUME = 2
"""The newest, and one before it in case the newest is damaged."""

KEPT_CANDIDATES = 4
"""Adapters to choose from; one of FLUX.2 klein at rank 32 has 96 MB."""


@dataclasses.dataclass(frozen=True)
class Candidate:
    """The adapter as it was at one step."""

    step: int
    file: str
    sha256: str
    validation_loss: float | None


@dataclasses.dataclass
class Progress:
    """What a training has reached."""

    step: int = 0
    smooth_loss: float | None = None
    rows: list[Row] = dataclasses.field(default_factory=list)
    candidates: list[Candidate] = dataclasses.field(default_factory=list)

    def keep(self, candidate: Candidate) -> None:
        """Keep the newest candidate and the best of the others by validation loss.

        Without held-out pictures there is nothing to compare: the newest ones stay.
        """
        others = [one for one in self.candidates if one.step != candidate.step]
        others.sort(
            key=lambda one: (
                -one.step if one.validation_loss is None else one.validation_loss,
                one.step,
            )
        )
        self.candidates = sorted(
            [*others[: KEPT_CANDIDATES - 1], candidate], key=lambda one: one.step
        )

    def best(self) -> tuple[Candidate, str]:
        """The candidate to use, and why: the least validation loss, the earlier of equal ones."""
        measured = [one for one in self.candidates if one.validation_loss is not None]
        if not measured:
            return self.candidates[-1], "the last one: no pictures were held out to compare by"
        best = min(measured, key=lambda one: (one.validation_loss, one.step))
        return best, f"its validation loss, {best.validation_loss:.4f}, is the least"


class Checkpoints:
    """One training's checkpoints and candidates in /opt/ml/checkpoints."""

    def __init__(self, folder: Path, fingerprint: str) -> None:
        self.folder = folder
        self.candidates = folder / "candidates"
        self.fingerprint = fingerprint
        self.candidates.mkdir(parents=True, exist_ok=True)

    def save(
        self,
        progress: Progress,
        parameters: dict[str, torch.nn.Parameter],
        optimizer: torch.optim.Optimizer,
    ) -> None:
        """Write a checkpoint, whole or not at all, and delete what no checkpoint needs any more."""
        target = self.folder / f"step-{progress.step:06}"
        making = self.folder / f".step-{progress.step:06}"
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir()
        matrices = {name: one.detach().cpu() for name, one in parameters.items()}
        save_file(matrices, making / "lora.safetensors")
        moments = {
            f"{name}.{kind}": value.cpu()
            for name, one in parameters.items()
            for kind, value in optimizer.state[one].items()
        }
        save_file(moments, making / "optimizer.safetensors")
        for path in making.iterdir():
            with path.open("rb") as file:
                os.fsync(file.fileno())
        state = {
            "fingerprint": self.fingerprint,
            "files": {path.name: sha256(path) for path in sorted(making.iterdir())},
            "progress": dataclasses.asdict(progress),
        }
        write_json(making / "state.json", state)
        shutil.rmtree(target, ignore_errors=True)
        making.replace(target)
        self._delete_old()

    def load(
        self,
        parameters: dict[str, torch.nn.Parameter],
        optimizer: torch.optim.Optimizer,
        device: str,
    ) -> Progress:
        """Take up the newest whole checkpoint of this very training; without one begin anew.

        Newer checkpoints that cannot be used are deleted.
        """
        for folder in self._newest_first():
            state = self._read(folder)
            if state is None:  # it must not be counted among those that are kept
                shutil.rmtree(folder)
                continue
            matrices = load_file(folder / "lora.safetensors")
            moments = load_file(folder / "optimizer.safetensors")
            for name, parameter in parameters.items():
                parameter.data.copy_(matrices[name])
                # AdamW keeps the count of steps on the CPU
                optimizer.state[parameter] = {
                    kind: moments[f"{name}.{kind}"].to("cpu" if kind == "step" else device)
                    for kind in ("step", "exp_avg", "exp_avg_sq")
                }
            return _progress(state["progress"])
        return Progress()

    def candidate_path(self, step: int) -> Path:
        return self.candidates / f"step-{step:06}.safetensors"

    def _newest_first(self) -> list[Path]:
        return sorted(self.folder.glob("step-*"), reverse=True)

    def _read(self, folder: Path) -> dict[str, Any] | None:
        """The state of a checkpoint; None, with a line in the log, when it cannot be used."""
        try:
            state: dict[str, Any] = json.loads((folder / "state.json").read_text(encoding="utf-8"))
            whole = all(sha256(folder / name) == told for name, told in state["files"].items())
            whole = whole and all(
                sha256(self.candidates / one["file"]) == one["sha256"]
                for one in state["progress"]["candidates"]
            )
        except (OSError, ValueError, KeyError) as error:
            print(f"{folder.name} is not whole and is not used: {error}", flush=True)
            return None
        if not whole:
            print(f"{folder.name} is damaged and is not used", flush=True)
            return None
        if state["fingerprint"] != self.fingerprint:
            print(f"{folder.name} is of another training and is not used", flush=True)
            return None
        return state

    def _delete_old(self) -> None:
        for folder in self._newest_first()[KEPT_TO_RESUME:]:
            shutil.rmtree(folder)
        needed = {
            one["file"]
            for folder in self._newest_first()
            if (state := self._read(folder)) is not None
            for one in state["progress"]["candidates"]
        }
        for path in self.candidates.glob("step-*.safetensors"):
            if path.name not in needed:
                path.unlink()


def _progress(told: dict[str, Any]) -> Progress:
    return Progress(
        step=told["step"],
        smooth_loss=told["smooth_loss"],
        rows=[Row(**row) for row in told["rows"]],
        candidates=[Candidate(**one) for one in told["candidates"]],
    )
