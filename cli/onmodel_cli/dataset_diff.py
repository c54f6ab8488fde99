"""What changed between two datasets of a production, as they were made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from pydantic import Field

from onmodel.contracts.base import Contract
from onmodel.contracts.captions import Caption
from onmodel.contracts.datasets import DatasetItem, LeftOut, LeftOutReason
from onmodel.contracts.keys import DatasetKeys
from onmodel.contracts.settings import Settings
from onmodel.datasets.corrected import called
from onmodel.errors import NotFound, RefusedError
from onmodel.formats.jsonl import read_lines
from onmodel.formats.wording import timecode
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.registry.kinds import FILMS, DatasetRow

WHY_NOT = {
    LeftOutReason.UNNAMED: "not named",
    LeftOutReason.NAMELESS_BESIDE: "with somebody without a name beside",
    LeftOutReason.POOR: "of a quality below what a dataset takes",
    LeftOutReason.NEAR_DUPLICATE: "a near-duplicate",
    LeftOutReason.ONE_OFF_LOOK: "of a one-off look",
    LeftOutReason.OVER_CAP: "its character had enough pictures",
    LeftOutReason.CAPTION_FAILED: "without a caption",
    LeftOutReason.REVIEWED_OUT: "taken out in a review",
}
"""Why a dataset does not have a picture, in words that follow "it was"."""

CUT_ANEW = "not among the film's pictures: it was prepared with other settings"


class FilesDeleted(RefusedError):
    """Raised when the files of a dataset are no longer in the studio bucket."""


@dataclass(frozen=True)
class MadeDataset:
    """A dataset's lines as they are stored: `items` has the pictures that are trained on."""

    dataset_id: str
    films: tuple[str, ...]
    items: Mapping[str, DatasetItem]
    captions: Mapping[str, str]
    left_out: Mapping[str, LeftOut]
    settings: Settings

    def name(self, crop_id: str) -> str:
        return called(self.items[crop_id].character, self.settings.characters)


class ChangedPicture(Contract):
    """A picture that only one of the datasets has."""

    crop_id: str
    name: str = Field(description="for people; '' without one")
    film: str
    timecode: str
    reason: str = Field(description="why the other dataset does not have it")
    detail: str = ""


class ChangedText(Contract):
    """A caption, name or split of a picture that both datasets have."""

    crop_id: str
    before: str
    after: str


class CharacterChange(Contract):
    """How many pictures of a character each dataset has; `name` is '' for those without one."""

    name: str
    before: int
    after: int


class DatasetDiff(Contract):
    """From dataset `before` to dataset `after`; pictures in the order of films and time."""

    before: str
    after: str
    pictures_before: int
    pictures_after: int
    characters: tuple[CharacterChange, ...]
    added: tuple[ChangedPicture, ...]
    removed: tuple[ChangedPicture, ...]
    captions: tuple[ChangedText, ...]
    names: tuple[ChangedText, ...]
    splits: tuple[ChangedText, ...]


def read_made(row: DatasetRow, studio: ObjectStore) -> MadeDataset:
    """Raises FilesDeleted."""
    keys = DatasetKeys(row.production, row.id)
    try:
        items = read_lines(DatasetItem, studio.get(keys.items))
        left_out = read_lines(LeftOut, studio.get(keys.left_out))
        settings = Settings.from_stored(studio.get(keys.settings))
    except NotFound as fault:
        raise FilesDeleted(f"The files of {row.id} were deleted", "Choose another one") from fault
    try:
        captions = read_lines(Caption, studio.get(keys.captions))
    except NotFound:  # they are being made
        captions = ()
    out = {line.crop_id: line for line in left_out}
    return MadeDataset(
        dataset_id=row.id,
        films=row.body.films,
        items={
            item.crop_id: item for item in items if not item.rejected and item.crop_id not in out
        },
        captions={caption.crop_id: caption.text for caption in captions},
        left_out=out,
        settings=settings,
    )


def titles_of(production: str, registry: Registry) -> dict[str, str]:
    """The films' titles by film_id."""
    return {row.id: row.body.title for row in FILMS.list(registry, production)}


def difference_of(
    before: MadeDataset, after: MadeDataset, titles: Mapping[str, str]
) -> DatasetDiff:
    """What a training on the second one sees that one on the first did not, and why.

    Args:
        before: the older one.
        after: the newer one.
        titles: of films, by film_id.
    """
    both = [crop for crop in before.items if crop in after.items]

    def changed(what: Callable[[MadeDataset, str], str]) -> tuple[ChangedText, ...]:
        return tuple(
            ChangedText(crop_id=crop, before=what(before, crop), after=what(after, crop))
            for crop in both
            if what(before, crop) != what(after, crop)
        )

    return DatasetDiff(
        before=before.dataset_id,
        after=after.dataset_id,
        pictures_before=len(before.items),
        pictures_after=len(after.items),
        characters=_characters(before, after),
        added=tuple(_only_in(after, before, titles)),
        removed=tuple(_only_in(before, after, titles)),
        captions=changed(lambda dataset, crop: dataset.captions.get(crop, "")),
        names=changed(lambda dataset, crop: dataset.name(crop)),
        splits=changed(lambda dataset, crop: dataset.items[crop].split),
    )


def _only_in(
    one: MadeDataset, other: MadeDataset, titles: Mapping[str, str]
) -> Iterator[ChangedPicture]:
    for crop, item in one.items.items():
        if crop not in other.items:
            film = titles.get(item.film_id, item.film_id)
            line = other.left_out.get(crop)
            reason = CUT_ANEW if line is None else WHY_NOT[line.reason]
            if line is None and item.film_id not in other.films:
                reason = f"of {film}, which is not in {other.dataset_id}"
            yield ChangedPicture(
                crop_id=crop,
                name=one.name(crop),
                film=film,
                timecode=timecode(item.timecode_seconds),
                reason=reason,
                detail="" if line is None else line.detail,
            )


def _characters(before: MadeDataset, after: MadeDataset) -> tuple[CharacterChange, ...]:
    """The one with the most pictures first, those without a name last."""
    counts = [Counter(map(dataset.name, dataset.items)) for dataset in (before, after)]
    names = sorted(counts[0].keys() | counts[1].keys(), key=lambda name: (not name, name))
    return tuple(
        CharacterChange(name=name, before=counts[0][name], after=counts[1][name])
        for name in sorted(names, key=lambda name: (not name, -counts[1][name]))
    )
