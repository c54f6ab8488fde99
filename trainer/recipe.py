"""What a training is run with: recipe.json, checked and typed.

Where the values come from: ai-toolkit and musubi-tuner for FLUX.2 klein (rank 32, AdamW at 1e-4,
warm-up, batches of one picture, sigmoid timesteps with a shift), kohya's sd-scripts (validation
loss at fixed noise and noise levels), SimpleTuner (LoRA on all linear layers of the blocks).
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from job import JobError
from records import read_object, record


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
        JobError: not there, not JSON, an unknown name, or an invalid value.
    """
    if not path.is_file():
        raise JobError(f"The dataset has no {path.name}")
    given = read_object(path)
    told = given.get("samples", [])
    if not isinstance(told, list):
        raise JobError(f"samples of {path.name} are no list")
    samples = tuple(
        record(Sample, sample, f"Sample {number} of {path.name}")
        for number, sample in enumerate(told, 1)
    )
    recipe = record(Recipe, given | {"samples": samples}, path.name)
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
        if not value >= limit:  # nor is NaN
            raise JobError(f"{name} of recipe.json is {value!r}; it must be at least {limit}")
    if not 0 <= recipe.caption_dropout < 1:
        raise JobError("caption_dropout of recipe.json must be at least 0 and less than 1")
