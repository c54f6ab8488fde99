"""The items of a review: crops with doubts, corrections, and addresses of their pictures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from onmodel.contracts.keys import digest
from onmodel.contracts.review import (
    CommonPhrase,
    ReviewCharacter,
    ReviewItem,
    ReviewPage,
    SheetPlace,
)
from onmodel.contracts.settings import AllowedModels, Settings
from onmodel.datasets.corrected import called, cast_of
from onmodel.datasets.review_list import ReviewedCrop, ReviewList, read_review_list
from onmodel.errors import NotFound
from onmodel.films.corrections import as_correction, read_corrections
from onmodel.films.folders import production_name
from onmodel.films.production import characters_of
from onmodel.films.review_sheets import stored_thumbnails
from onmodel.films.settings import settings_in_force
from onmodel.formats.wording import timecode
from onmodel.pages.colours import hues
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Registry
from onmodel.ports.review_pictures import ReviewPictures
from onmodel.ports.storage import ObjectStore
from onmodel.registry.kinds import CORRECTIONS, REFERENCES
from onmodel.vision.decoding import decode_picture
from onmodel.vision.encoding import thumbnail
from onmodel.vision.sprite_sheet import places, sprite_sheet

MOST_ITEMS = 100
"""Of a page. A presigned address has about 1.5 KB: a page stays below 300 KB."""

MOST_REFERENCES = 3
"""Pictures beside each character."""

FRESH = timedelta(minutes=1)
"""A list that is younger is not read again for the first page."""


class Reviewed(NamedTuple):
    """What is reviewed."""

    production: str
    dataset_id: str | None


@dataclass
class ReviewItems:
    """The services that showing crops needs, and the list that was read last.

    `stack_options` are those of the command `onmodel`, in commands on the page.
    """

    registry: Registry
    uploads: ObjectStore
    studio: ObjectStore
    pictures: ReviewPictures
    clock: Clock
    models: AllowedModels
    stack_options: str = ""
    _lists: dict[Reviewed, tuple[datetime, ReviewList]] = field(default_factory=dict)

    def page(self, of: Reviewed, start: int, *, is_waited_for: bool) -> ReviewPage:
        """Items from a place in the list on, at most MOST_ITEMS."""
        listed = self.listed(of, is_first=not start)
        crops = listed.crops[start : start + MOST_ITEMS]
        where = places([(crop.width, crop.height) for crop in crops])
        end = start + len(crops)
        production = of.production
        return ReviewPage(
            production=production_name(production, self.registry),
            dataset_id=listed.dataset_id,
            is_waited_for=is_waited_for,
            threshold=listed.settings.deduplication.threshold,
            stack_options=self.stack_options,
            characters=self._characters(production, listed),
            phrases=tuple(
                CommonPhrase(
                    text=phrase.text, character=phrase.character, is_opening=phrase.is_opening
                )
                for phrase in listed.phrases
            ),
            sheets=(self._sheet(production, crops),) if crops else (),
            total=len(listed.crops),
            next=str(end) if crops and end < len(listed.crops) else None,
            items=tuple(
                self._item(production, crop, SheetPlace(sheet=0, **vars(place)), listed)
                for crop, place in zip(crops, where, strict=True)
            ),
        )

    def listed(self, of: Reviewed, *, is_first: bool = False) -> ReviewList:
        """Read again for the first page only: later pages go on with the same order."""
        read_at, listed = self._lists.get(of, (None, None))
        now = self.clock()
        if listed is None or (is_first and read_at is not None and now - read_at > FRESH):
            listed = read_review_list(
                *of, self._settings(of.production), registry=self.registry, studio=self.studio
            )
            self._lists = {of: (now, listed)}  # a function reviews one production at a time
        return listed

    def _settings(self, production: str) -> Settings:
        """In force now, with all characters: of settings, folders and corrections."""
        settings = settings_in_force(production, self.studio, self.models)
        return settings.model_copy(
            update={"characters": characters_of(production, settings, self.registry)}
        )

    def _characters(self, production: str, listed: ReviewList) -> tuple[ReviewCharacter, ...]:
        references: defaultdict[str, list[str]] = defaultdict(list)
        for row in REFERENCES.list(self.registry, production):
            own = references[row.body.character]
            if row.body.width and len(own) < MOST_REFERENCES:
                own.append(self.pictures.address(self.uploads, row.body.source.key))
        corrections = read_corrections(production, self.registry)
        cast = cast_of(listed.characters, corrections)
        colours = hues(cast)
        typed = corrections.names()  # last: others keep their number keys
        return tuple(
            ReviewCharacter(
                slug=slug,
                name=role.name,
                description=role.description,
                references=tuple(references[slug]) or self._best_crop(slug, listed),
                hue=colours[slug],
            )
            for slug, role in sorted(cast.items(), key=lambda one: (one[0] in typed, one[0]))
        )

    def _best_crop(self, character: str, listed: ReviewList) -> tuple[str, ...]:
        own = [crop for crop in listed.crops if crop.character == character and not crop.doubts]
        best = max(own, key=lambda crop: (crop.quality, crop.crop_id), default=None)
        return () if best is None else (self.pictures.address(self.studio, best.key),)

    def _item(
        self, production: str, crop: ReviewedCrop, place: SheetPlace, listed: ReviewList
    ) -> ReviewItem:
        row = CORRECTIONS.read(self.registry, production, crop.crop_id)
        return ReviewItem(
            crop_id=crop.crop_id,
            character=crop.character or "",
            name=called(crop.character, listed.characters),
            caption=crop.caption,
            look=crop.look,
            width=crop.width,
            height=crop.height,
            picture=self.pictures.address(self.studio, crop.key),
            thumbnail=place,
            film=crop.film,
            timecode=timecode(crop.timecode_seconds),
            shot=crop.shot,
            quality=crop.quality,
            doubts=crop.doubts,
            left_out=crop.left_out,
            group=crop.group,
            cluster=crop.cluster,
            correction=None if row is None else as_correction(row),
        )

    def _sheet(self, production: str, crops: Sequence[ReviewedCrop]) -> str:
        name = digest(",".join(crop.crop_id for crop in crops), 16)
        return self.pictures.sheet(production, name, lambda: self._make_sheet(crops))

    def _make_sheet(self, crops: Sequence[ReviewedCrop]) -> bytes:
        stored = stored_thumbnails(
            {crop.crop_id: crop.thumbnails_key for crop in crops if crop.thumbnails_key},
            self.studio,
        )
        jpegs = {}
        for number, crop in enumerate(crops):
            jpeg = stored.get(crop.crop_id) or self._new_thumbnail(crop)
            if jpeg is not None:
                jpegs[number] = jpeg
        return sprite_sheet(places([(crop.width, crop.height) for crop in crops]), jpegs)

    def _new_thumbnail(self, crop: ReviewedCrop) -> bytes | None:
        try:
            return thumbnail(decode_picture(self.studio.get(crop.key)).pixels)
        except NotFound:
            return None
