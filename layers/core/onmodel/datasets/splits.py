"""Splits pictures into training and validation by whole shots, whose frames are similar."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from onmodel.contracts.datasets import DatasetItem, Split
from onmodel.contracts.settings import TrainingSettings

MOST_OF_A_CHARACTER = 1 / 3
"""Of a character's pictures in one shot, for a shot that is held out to measure a character: more
is worth more as training pictures than as a measure of what they taught."""

Shot = tuple[str, int]
"""Film and shot."""


def split_by_shot(
    items: Sequence[DatasetItem], training: TrainingSettings
) -> tuple[DatasetItem, ...]:
    """The same items in the same order, each with its split.

    A hash of film and shot decides the side of a shot, so that it does not change when films are
    added: a picture of training must not become validation for a later model. Validation gets the
    shots whose place is below the share, then the first shot that is possible of each character
    who is alone on no picture there: without such a held-out picture nobody can measure how well
    the model draws it. Nothing is held out when the share is 0.

    A shot goes to validation only while each of its characters keeps `min_per_character` training
    pictures and the dataset keeps `min_pictures`; so a small dataset has a smaller share of
    validation.
    """
    shots: defaultdict[Shot, list[DatasetItem]] = defaultdict(list)
    for item in items:
        shots[item.film_id, item.shot].append(item)
    split = _Split(shots, training)
    places = sorted((shot_place(*shot), shot) for shot in shots)
    for place, shot in places:
        if place < training.validation_share:
            split.hold_out(shot)
    if training.validation_share:
        for character in sorted({item.character for item in items if item.character}):
            split.hold_out_for(character, [shot for _, shot in places])
    return tuple(
        item.model_copy(
            update={
                "split": Split.VALIDATION
                if (item.film_id, item.shot) in split.held_out
                else Split.TRAINING
            }
        )
        for item in items
    )


class _Split:
    """The shots that are held out, and what is left for training."""

    def __init__(
        self, shots: Mapping[Shot, Sequence[DatasetItem]], training: TrainingSettings
    ) -> None:
        self.held_out: set[Shot] = set()
        self._shown = {
            shot: Counter(item.character for item in of_shot) for shot, of_shot in shots.items()
        }
        self._alone = {
            shot: {item.character for item in of_shot if not item.is_group}
            for shot, of_shot in shots.items()
        }
        self._all = sum(self._shown.values(), Counter[str | None]())
        self._remaining = self._all.copy()
        self._training = training

    def hold_out(self, shot: Shot) -> bool:
        """Hold a shot out; False when too few pictures would be left."""
        leaving = self._shown[shot]
        if self._remaining.total() - leaving.total() < self._training.min_pictures or any(
            self._remaining[character] - count < self._training.min_per_character
            for character, count in leaving.items()
        ):
            return False
        self.held_out.add(shot)
        self._remaining -= leaving
        return True

    def hold_out_for(self, character: str, shots: Sequence[Shot]) -> None:
        """Hold out the first possible shot of a character that is alone on no held-out picture."""
        if any(character in self._alone[shot] for shot in self.held_out):
            return
        for shot in shots:
            if character in self._alone[shot] and self._is_small(shot) and self.hold_out(shot):
                return

    def _is_small(self, shot: Shot) -> bool:
        """Whether it has no more than a third of the pictures of each of its characters."""
        return all(
            count <= self._all[character] * MOST_OF_A_CHARACTER
            for character, count in self._shown[shot].items()
        )


def shot_place(film_id: str, shot: int) -> float:
    """A number from 0 to 1 for a shot, evenly distributed and always the same."""
    hashed = hashlib.sha256(f"{film_id}:{shot}".encode()).digest()
    return int.from_bytes(hashed[:8], "big") / 2**64
