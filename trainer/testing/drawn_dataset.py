"""A dataset of two drawn characters, and a recipe for the tiny model."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

CHARACTERS = {"zorblax": ("magenta", "yellow"), "mippo": ("orange", "navy")}
GROUNDS = ("skyblue", "lightgreen", "white", "grey")
SHAPES = ((96, 96), (128, 80), (80, 128))

RECIPE = {
    "steps": 12, "rank": 4, "alpha": 4, "learning_rate": 2e-3, "warmup_steps": 2,
    "resolution": 96, "small_resolution": 64, "checkpoint_every": 4, "measure_every": 4,
    "probes": 2, "sample_steps": 2,
    "samples": [{"prompt": "zorblax on a beach", "seed": 1, "width": 96, "height": 64}],
}  # fmt: skip


def write_dataset(
    folder: Path,
    *,
    pictures: int = 8,
    held_out: int = 2,
    **recipe: Any,  # noqa: ANN401
) -> Path:
    """Pictures, train.jsonl, validation.jsonl and recipe.json."""
    (folder / "pictures").mkdir(parents=True, exist_ok=True)
    numbers = random.Random(0)
    lines: dict[str, list[str]] = {"train": [], "validation": []}
    for number in range(pictures):
        name = list(CHARACTERS)[number % 2]
        size = numbers.choice(SHAPES)
        picture = Image.new("RGB", size, numbers.choice(GROUNDS))
        draw_character(picture, *CHARACTERS[name], numbers)
        file = f"pictures/{number:03}.png"
        picture.save(folder / file)
        part = "validation" if number >= pictures - held_out else "train"
        caption = f"{name} stands in a field"
        lines[part].append(json.dumps({"picture": file, "caption": caption}))
    for part, some in lines.items():
        if some:
            (folder / f"{part}.jsonl").write_text("".join(f"{line}\n" for line in some))
    (folder / "recipe.json").write_text(json.dumps(RECIPE | recipe))
    return folder


def draw_character(picture: Image.Image, body: str, hat: str, numbers: random.Random) -> None:
    """A round body with a pointed hat."""
    width, height = picture.size
    x, y = width * numbers.uniform(0.35, 0.65), height * numbers.uniform(0.45, 0.65)
    radius = min(width, height) * 0.25
    pen = ImageDraw.Draw(picture)
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=body, outline="black")
    pen.polygon(
        [(x - radius, y - radius * 0.6), (x + radius, y - radius * 0.6), (x, y - 2 * radius)],
        fill=hat, outline="black",
    )  # fmt: skip
