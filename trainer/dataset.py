"""The dataset: captioned pictures in buckets of one shape, and the order in which they are seen."""

from __future__ import annotations

import dataclasses
import json
import random
from pathlib import Path

import numpy as np
import torch
from diffusers.training_utils import find_nearest_bucket, generate_aspect_ratio_buckets
from PIL import Image

from job import JobError

Shape = tuple[int, int]
"""Height and width in latent cells."""


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


def buckets_for(resolution: int, cell: int) -> list[Shape]:
    """Heights and widths in pixels with about resolution² pixels, in multiples of a latent cell."""
    return [tuple(sides) for sides in generate_aspect_ratio_buckets(resolution, divisibility=cell)]


def read_pixels(picture: Path, buckets: list[Shape]) -> torch.Tensor:
    """The picture scaled to cover its bucket and cut from its centre.

    Returns:
        (1, 3, height, width) float32 from -1 to 1, RGB.

    Raises:
        JobError: it cannot be read.
    """
    try:
        with Image.open(picture) as opened:
            image = opened.convert("RGB")
    except OSError as error:
        raise JobError(f"{picture.name} cannot be read as a picture") from error
    height, width = buckets[find_nearest_bucket(image.height, image.width, buckets)]
    scale = max(width / image.width, height / image.height)
    size = max(width, round(image.width * scale)), max(height, round(image.height * scale))
    image = image.resize(size, Image.Resampling.LANCZOS)
    left, top = (size[0] - width) // 2, (size[1] - height) // 2
    image = image.crop((left, top, left + width, top + height))
    array = np.asarray(image, dtype=np.float32)
    return torch.from_numpy(array).permute(2, 0, 1)[None] / 127.5 - 1


def epoch_batches(
    repeats: list[int], shapes: list[Shape], batch_size: int, *, seed: int, epoch: int
) -> list[list[int]]:
    """The batches of one epoch, as positions of items; a batch has one shape.

    The order follows from seed and epoch alone, so that a resumed training sees the same.
    """
    order = random.Random(f"{seed}:order:{epoch}")
    by_shape: dict[Shape, list[int]] = {}
    for position, (times, shape) in enumerate(zip(repeats, shapes, strict=True)):
        by_shape.setdefault(shape, []).extend([position] * times)
    batches: list[list[int]] = []
    for positions in by_shape.values():
        order.shuffle(positions)
        batches += [
            positions[start : start + batch_size] for start in range(0, len(positions), batch_size)
        ]
    order.shuffle(batches)
    return batches
