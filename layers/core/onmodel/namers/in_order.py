"""Several namers, one after the other: the first that knows a figure names it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from onmodel.contracts.arrays import Vectors
from onmodel.contracts.crops import Crop, Naming
from onmodel.ports.namer import LookAlikes, Namer
from onmodel.vision.track_groups import Tracks


@dataclass(frozen=True)
class NamersInOrder:
    """A Namer that asks each of some about what the ones before left without a name.

    A name that a namer before ruled out is not given: clothes and places of a stranger are often
    like those of a character.

    Attributes:
        namers: in order.
        by_people: places of those that give names which people gave: these are not ruled out.
    """

    namers: tuple[Namer, ...]
    by_people: frozenset[int] = frozenset()

    def look_alikes(self) -> tuple[LookAlikes, ...]:
        """See `Namer.look_alikes`; each pair once, as the first namer says it."""
        pairs: dict[tuple[str, str], LookAlikes] = {}
        for pair in (each for namer in self.namers for each in namer.look_alikes()):
            pairs.setdefault((pair.first, pair.second), pair)
        return tuple(pairs.values())

    def name(self, crops: Sequence[Crop], vectors: Vectors) -> tuple[Naming, ...]:
        """See `Namer.name`."""
        tracks = Tracks.of(crops)
        answers = list(self.namers[0].name(crops, vectors))
        for number, namer in enumerate(self.namers[1:], 1):
            left = [place for place, answer in enumerate(answers) if answer.character is None]
            named = {
                int(tracks.of_crop[place]): answer.character
                for place, answer in enumerate(answers)
                if answer.character is not None
            }
            later = namer.name([crops[place] for place in left], vectors[left])
            for place, answer in zip(left, later, strict=True):
                beside = tracks.apart[int(tracks.of_crop[place])]
                taken = {named[track] for track in beside if track in named}
                if number not in self.by_people:
                    taken |= set(answers[place].ruled_out)
                if answer.character is None:
                    answers[place] = answers[place].model_copy(update={"group": answer.group})
                elif answer.character not in taken:
                    answers[place] = answer
        return tuple(answers)
