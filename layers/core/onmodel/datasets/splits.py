"""Training and validation, by whole shots: neighbours in time must not be on both sides."""

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

    A shot's side is decided by the hash of film and shot, so that it does not change when films
    are added: what a model once trained on must not become the next one's validation. A shot
    goes to validation only while each of its characters keeps `min_per_character` training
    pictures and the whole keeps `min_pictures`; so the share is met only when there is enough.
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
    """Where a shot lies between 0 and 1, evenly spread and always the same."""
    hashed = hashlib.sha256(f"{film_id}:{shot}".encode()).digest()
    return int.from_bytes(hashed[:8], "big") / 2**64
