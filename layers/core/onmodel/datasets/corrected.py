"""A dataset's pictures and captions with what people said of them. No paid call."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from onmodel.contracts.captions import BY_A_PERSON, Caption, CaptionAnswer
from onmodel.contracts.characters import Character
from onmodel.contracts.datasets import DatasetItem, LeftOut, LeftOutReason
from onmodel.contracts.keys import hashed_slug, same_name, slug
from onmodel.contracts.settings import Settings
from onmodel.datasets.mentions import longest_first, mentions, with_name_replaced
from onmodel.films.corrections import Corrections
from onmodel.formats.wording import person_name

REJECTED = "a person rejected it in the review"
NOBODY = "a person said that it shows none of the characters"
NEXT_ONE = "the next dataset asks for a new one"
TAKEN_BACK = f"the caption of a person was taken back; {NEXT_ONE}"


def corrected_item(item: DatasetItem, corrections: Corrections) -> DatasetItem:
    """The item with the name that a person gave it, and whether it was rejected.

    A correction that was taken back leaves what the namer said.
    """
    named = item.named
    character = corrections.character(item.crop_id, named)
    return item.model_copy(
        update={
            "character": character,
            "replaces": None if character == named else named or "",
            "rejected": corrections.is_rejected(item.crop_id),
        }
    )


def caption_by_a_person(crop_id: str, corrections: Corrections) -> Caption | None:
    text = corrections.caption(crop_id)
    return None if text is None else Caption(crop_id=crop_id, text=text, model=BY_A_PERSON)


def renamed_caption(caption: Caption, name: str, before: Collection[str]) -> Caption | None:
    """A caption of a picture that has another name since; None when it cannot be used for it.

    Args:
        caption: that was written for the name before.
        name: of the character now, as captions write it.
        before: names that the picture may have had.
    """
    text, first = caption.text, caption.first
    names = (name, *before)
    if mentions(text, name, names):
        return caption
    for other in longest_first(before):
        if other != name and mentions(text, other, names):
            text, first = (with_name_replaced(each, other, name, names) for each in (text, first))
    if not mentions(text, name, names):
        return None
    return caption.model_copy(update={"text": text, "first": first})


def called(character: str | None, characters: Mapping[str, Character]) -> str:
    """A character's name as captions write it; '' for nobody."""
    if character is None:
        return ""
    known = characters.get(character)
    return known.name if known else person_name(character)


def cast_of(characters: Mapping[str, Character], corrections: Corrections) -> dict[str, Character]:
    """The characters, and those that only people gave to crops."""
    names = corrections.names()
    return {
        slug: Character(name=names.get(slug) or person_name(slug))
        for slug in sorted(corrections.characters())
    } | dict(characters)


def id_of_name(name: str, characters: Mapping[str, Character]) -> str:
    """The id of the character with this name; of a new one, as a folder's of that name would be."""
    for identity, character in characters.items():
        if same_name(character.name) == same_name(name):
            return identity
    own = slug(name)
    return hashed_slug(name) if own in characters else own


@dataclass(frozen=True)
class ReviewedPictures:
    """A dataset's items with what people said of them, each either captioned or left out."""

    items: tuple[DatasetItem, ...]
    captions: Mapping[str, Caption]
    left_out: tuple[LeftOut, ...]

    @property
    def captioned(self) -> list[DatasetItem]:
        return [item for item in self.items if item.crop_id in self.captions]


def review_pictures(
    stored: Sequence[DatasetItem],
    answers: Mapping[str, CaptionAnswer],
    corrections: Corrections,
    settings: Settings,
) -> ReviewedPictures:
    """Apply corrections to a dataset whose captions were collected. The same again gives the same.

    Args:
        stored: the dataset's items, as they were assembled or reviewed before.
        answers: of the captioning model, by crop_id.
        corrections: of this moment.
        settings: of the dataset.
    """
    items = tuple(corrected_item(item, corrections) for item in stored)
    settings = settings.model_copy(update={"characters": cast_of(settings.characters, corrections)})
    captions: dict[str, Caption] = {}
    left_out: list[LeftOut] = []
    for before, item in zip(stored, items, strict=True):
        found = _caption(before, item, answers.get(item.crop_id), corrections, settings)
        if isinstance(found, Caption):
            captions[item.crop_id] = found
        else:
            reason, detail = found
            left_out.append(
                LeftOut(
                    crop_id=item.crop_id,
                    film_id=item.film_id,
                    reason=reason,
                    character=item.character,
                    detail=detail,
                )
            )
    return ReviewedPictures(items, captions, tuple(left_out))


def _caption(
    before: DatasetItem,
    item: DatasetItem,
    answer: CaptionAnswer | None,
    corrections: Corrections,
    settings: Settings,
) -> Caption | tuple[LeftOutReason, str]:
    """The caption of an item, or why the item is left out."""
    if item.rejected:
        return LeftOutReason.REVIEWED_OUT, REJECTED
    if item.character is None and not settings.training.include_unnamed:
        return LeftOutReason.REVIEWED_OUT, NOBODY
    written = caption_by_a_person(item.crop_id, corrections)
    if written is not None:
        return written
    caption = None if answer is None else answer.caption
    if caption is None:
        return LeftOutReason.CAPTION_FAILED, "nobody answered" if answer is None else answer.reason
    if caption.model == BY_A_PERSON:
        return LeftOutReason.REVIEWED_OUT, TAKEN_BACK
    return _fitting(caption, before, item, settings)


def _fitting(
    caption: Caption, before: DatasetItem, item: DatasetItem, settings: Settings
) -> Caption | tuple[LeftOutReason, str]:
    """The model's caption, with the name that the picture has now."""
    if item.character is None or item.character == before.character == item.named:
        return caption
    name = called(item.character, settings.characters)
    others = [called(other, settings.characters) for other in (before.character, item.named)]
    fitting = renamed_caption(caption, name, [other for other in others if other])
    return fitting or (LeftOutReason.REVIEWED_OUT, f"its caption does not name {name}; {NEXT_ONE}")
