"""What a training is run with: recipe.json, checked and typed.

Where the values come from: ai-toolkit and musubi-tuner for FLUX.2 klein (rank 32, AdamW at 1e-4,
warm-up, batches of one picture, sigmoid timesteps with a shift), kohya's sd-scripts (validation
loss at fixed noise and noise levels), SimpleTuner (LoRA on all linear layers of the blocks).
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from job import JobError


@dataclasses.dataclass(frozen=True)
class Sample:
    """A picture that is drawn after the training, to look at."""

    prompt: str
    seed: int
    width: int = 1024
    height: int = 1024


@dataclasses.dataclass(frozen=True)
class Recipe:
    """Hyperparameters of one training; the defaults are for FLUX.2-klein-base-4B on 24 GB."""

    steps: int = 1500
    """Optimizer steps."""
    rank: int = 32
    """Of each LoRA matrix; 64 is advised from three characters on."""
    alpha: int = 32
    """Scale of the LoRA, by its rank: equal to the rank, so that the scale is 1."""
    learning_rate: float = 1e-4
    warmup_steps: int = 50
    weight_decay: float = 1e-4
    gradient_clip: float = 1.0
    """Largest norm of all gradients together."""
    batch_size: int = 1
    resolution: int = 1024
    """Side in pixels of a square with as many pixels as each picture gets."""
    small_resolution: int = 768
    """Used instead when the memory of the GPU does not suffice."""
    caption_dropout: float = 0.05
    """Share of steps that see no caption, which classifier-free guidance needs."""
    timestep_shift: float | None = None
    """Odds of noise; None follows the number of tokens, as the scheduler does when it draws."""
    max_sequence_length: int = 512
    """Tokens of a caption, padding included. The model attends to padding: draw with the same."""
    seed: int = 0
    checkpoint_every: int = 100
    """Steps between checkpoints to resume from."""
    measure_every: int = 100
    """Steps between measurements of the validation loss; each is a candidate to keep."""
    probes: int = 8
    """Training pictures that are measured like the held-out ones."""
    samples: tuple[Sample, ...] = ()
    sample_steps: int = 50
    guidance: float = 4.0


def read_recipe(path: Path) -> Recipe:
    """Read recipe.json; what it leaves out has the default.

    Raises:
        JobError: not there, not JSON, an unknown name, or an impossible value.
    """
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise JobError(f"The dataset has no {path.name}") from error
    except ValueError as error:
        raise JobError(f"{path.name} is not JSON: {error}") from error
    known = {field.name for field in dataclasses.fields(Recipe)}
    if unknown := sorted(set(given) - known):
        raise JobError(f"{path.name} has unknown names: {', '.join(unknown)}")
    try:
        samples = tuple(Sample(**sample) for sample in given.get("samples", ()))
    except TypeError as error:
        raise JobError(f"A sample of {path.name} is wrong: {error}") from error
    recipe = Recipe(**(given | {"samples": samples}))
    _check(recipe)
    return recipe


def _check(recipe: Recipe) -> None:
    least: dict[str, Any] = {
        "steps": 1, "rank": 1, "alpha": 1, "batch_size": 1, "resolution": 16,
        "small_resolution": 16, "checkpoint_every": 1, "measure_every": 1, "probes": 0,
        "max_sequence_length": 1, "warmup_steps": 0, "learning_rate": 0, "sample_steps": 1,
    }  # fmt: skip
    for name, limit in least.items():
        value = getattr(recipe, name)
        if not isinstance(value, int | float) or isinstance(value, bool) or not value >= limit:
            raise JobError(f"{name} of recipe.json is {value!r}; it must be at least {limit}")
    if not 0 <= recipe.caption_dropout < 1:
        raise JobError("caption_dropout of recipe.json must be at least 0 and less than 1")
