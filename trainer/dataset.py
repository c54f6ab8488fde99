"""Pictures in buckets of one shape, and the order in which they are seen."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import torch
from diffusers.training_utils import find_nearest_bucket, generate_aspect_ratio_buckets
from PIL import Image

from job import JobError

Shape = tuple[int, int]
"""Height and width in latent cells."""


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
