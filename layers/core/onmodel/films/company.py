"""Who else is to be seen in a crop, by the names of the other figures' tracks. No paid call."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from onmodel.contracts.crops import Crop, OtherFigure


@dataclass(frozen=True)
class Company:
    """The other figures of a crop.

    Attributes:
        names: their characters' slugs, the largest figure first; without the crop's own.
        is_group: one of them at least is large (`OtherFigure.is_large`).
        nameless_share: visible part of the largest large one without a name, by the area of the
            crop's own figure; 0 when all large ones have names.
    """

    names: tuple[str, ...] = ()
    is_group: bool = False
    nameless_share: float = 0.0


ALONE = Company()


def company_of(crops: Sequence[Crop], characters: Sequence[str | None]) -> tuple[Company, ...]:
    """For each crop who is beside its own figure.

    The other figure's own crop was often dropped as a near-duplicate; then its track has the name.

    Args:
        crops: of one or several films.
        characters: the name of each crop, in the same order; None without one.
    """
    of_crop = {crop.crop_id: name for crop, name in zip(crops, characters, strict=True)}
    votes: defaultdict[tuple[str, int], Counter[str | None]] = defaultdict(Counter)
    for crop, name in zip(crops, characters, strict=True):
        if crop.track is not None:
            votes[crop.film_id, crop.track][name] += 1
    of_track = {track: names.most_common(1)[0][0] for track, names in votes.items()}

    def named(film: str, other: OtherFigure) -> str | None:
        if other.crop_id in of_crop:
            return of_crop[other.crop_id]
        return None if other.track is None else of_track.get((film, other.track))

    return tuple(
        _company(own, [(named(crop.film_id, other), other) for other in crop.others])
        for crop, own in zip(crops, characters, strict=True)
    )


def _company(own: str | None, others: Sequence[tuple[str | None, OtherFigure]]) -> Company:
    """One of the same name is a second box of the same figure."""
    beside = [(name, other) for name, other in others if name is None or name != own]
    nameless = [other.share for name, other in beside if name is None and other.is_large]
    return Company(
        names=tuple(dict.fromkeys(name for name, _ in beside if name is not None)),
        is_group=any(other.is_large for _, other in beside),
        nameless_share=max(nameless, default=0.0),
    )
