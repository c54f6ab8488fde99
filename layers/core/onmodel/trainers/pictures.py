"""Checks a picture file against a trainer's limits; every trainer's manifest needs it."""

from __future__ import annotations

from collections.abc import Iterator

from onmodel.contracts.datasets import PictureFacts
from onmodel.contracts.trainings import DatasetLimits

SUFFIXES = {"jpg": "jpeg", "jpeg": "jpeg", "png": "png", "webp": "webp"}

Faults = Iterator[tuple[str, str]]
"""Rule and words."""


def picture_faults(facts: PictureFacts, limits: DatasetLimits) -> Faults:
    """The limits that a picture is outside of."""
    formats = sorted({SUFFIXES.get(suffix, suffix) for suffix in limits.formats})
    if facts.format not in formats:
        yield "format", f"is {facts.format or 'no picture'}, not {' or '.join(formats)}"
    if facts.size_bytes > limits.max_picture_bytes:
        yield "bytes", f"has {facts.size_bytes:,} bytes, more than {limits.max_picture_bytes:,}"
    short, long = sorted((facts.width, facts.height))
    size = f"has {facts.width:,} x {facts.height:,} pixels"
    if short < limits.min_side or long > limits.max_side:
        yield "side", f"{size}, each side must have {limits.min_side:,} to {limits.max_side:,}"
    if short * long > limits.max_pixels:
        yield "pixels", f"{size}, more than {limits.max_pixels:,} in all"
    if long > short * limits.max_aspect:
        yield "aspect", f"{size}, its long side is over {limits.max_aspect:g} times the short"
