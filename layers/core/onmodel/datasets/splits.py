"""Splits pictures into training and validation by whole shots, whose frames are similar."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence

from onmodel.contracts.datasets import DatasetItem, Split
from onmodel.contracts.settings import TrainingSettings


def split_by_shot(
    items: Sequence[DatasetItem], training: TrainingSettings
) -> tuple[DatasetItem, ...]:
    """The same items in the same order, each with its split.

    A hash of film and shot decides the side of a shot, so that it does not change when films are
    added: a picture of training must not become validation for a later model. A shot goes to
    validation only while each of its characters keeps `min_per_character` training pictures and
    the dataset keeps `min_pictures`; so a small dataset has a smaller share of validation.
    """
    shots: defaultdict[tuple[str, int], list[DatasetItem]] = defaultdict(list)
    for item in items:
        shots[item.film_id, item.shot].append(item)
    remaining = Counter(item.character for item in items)
    total = len(items)
    held_out: set[tuple[str, int]] = set()
    for place, shot in sorted((shot_place(*shot), shot) for shot in shots):
        if place >= training.validation_share:
            break
        leaving = Counter(item.character for item in shots[shot])
        if total - leaving.total() < training.min_pictures or any(
            remaining[character] - count < training.min_per_character
            for character, count in leaving.items()
        ):
            continue
        held_out.add(shot)
        remaining -= leaving
        total -= leaving.total()
    return tuple(
        item.model_copy(
            update={
                "split": Split.VALIDATION
                if (item.film_id, item.shot) in held_out
                else Split.TRAINING
            }
        )
        for item in items
    )


def shot_place(film_id: str, shot: int) -> float:
    """A number from 0 to 1 for a shot, evenly distributed and always the same."""
    hashed = hashlib.sha256(f"{film_id}:{shot}".encode()).digest()
    return int.from_bytes(hashed[:8], "big") / 2**64
