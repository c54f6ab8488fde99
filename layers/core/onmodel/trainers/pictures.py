"""Checks a manifest's records and pictures against a trainer's limits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from onmodel.contracts.datasets import PictureFacts, Violation
from onmodel.contracts.trainings import DatasetLimits

SUFFIXES = {"jpg": "jpeg", "jpeg": "jpeg", "png": "png", "webp": "webp"}

Faults = Iterator[tuple[str, str]]
"""Rule and words."""


def record_violations(
    lines: Sequence[bytes],
    limits: DatasetLimits,
    faults_of: Callable[[bytes, int], Faults],
) -> Iterator[Violation]:
    """A number of records outside the limits; then the faults of each line.

    Args:
        lines: of a manifest; blank ones are no records.
        limits: the trainer's.
        faults_of: of a line and its number, from 1.
    """
    lowest, highest = limits.min_records, limits.max_records
    count = sum(1 for line in lines if line.strip())
    if not lowest <= count <= highest:
        words = f"{count:,} records, the trainer takes {lowest:,} to {highest:,}"
        yield Violation(line=None, rule="records", detail=words)
    for number, line in enumerate(lines, 1):
        for rule, words in faults_of(line, number):
            yield Violation(line=number, rule=rule, detail=words)


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
