"""What a gallery shows beside drawn pictures: training pictures, references, earlier numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from onmodel.contracts.datasets import DatasetItem
from onmodel.contracts.judging import JudgedNumber, Judgement
from onmodel.contracts.keys import DatasetKeys
from onmodel.contracts.panels import DrawnPanel, PanelItem
from onmodel.errors import NotFound
from onmodel.films.film_names import film_titles
from onmodel.formats.jsonl import read_lines
from onmodel.pages.gallery import TrainingPicture, copies, nearest_crops
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.registry.kinds import STORYBOARDS, StoryboardRow
from onmodel.storyboards.references import CharacterPictures
from onmodel.vision.decoding import decode_picture
from onmodel.vision.encoding import thumbnail

PREVIEW_SIDE = 640
"""Pixels; a page of 100 scenes with three pictures each stays under 20 MB."""

BESIDE_SIDE = 240
"""Pixels of a training picture or a reference; about 10 KB each."""

EARLIER_TAKES = 3
"""Whose numbers stand beside those of a take."""


@dataclass(frozen=True)
class PicturesBeside:
    """Pictures of the film for one take; `dataset` is what its pictures were compared with."""

    registry: Registry
    uploads: ObjectStore
    studio: ObjectStore
    production: str
    dataset: str | None

    def training_pictures(
        self, panels: Sequence[DrawnPanel], judgement: Judgement | None
    ) -> dict[str, TrainingPicture]:
        """What panels copy, as large as they are shown, and what they are nearest to; by crop id.

        Empty when the dataset was deleted.
        """
        copied = copies(panels, judgement)
        wanted = nearest_crops(panels) | copied.keys()
        if not wanted or self.dataset is None:
            return {}
        try:
            lines = self.studio.get(DatasetKeys(self.production, self.dataset).items)
        except NotFound:
            return {}
        items = [item for item in read_lines(DatasetItem, lines) if item.crop_id in wanted]
        films = dict.fromkeys(item.film_id for item in items)
        titles = film_titles(self.production, films, self.registry)
        return {
            item.crop_id: TrainingPicture(
                _small(
                    self.studio.get(item.key),
                    PREVIEW_SIDE if item.crop_id in copied else BESIDE_SIDE,
                ),
                titles.get(item.film_id, item.film_id),
                item.timecode_seconds,
            )
            for item in items
        }

    def references(self, items: Sequence[PanelItem]) -> dict[str, bytes]:
        """A picture of each character that a scene asks for, as far as there is one."""
        found = CharacterPictures(self.registry, self.uploads, self.studio)
        return {
            slug: _small(picture, BESIDE_SIDE)
            for slug in dict.fromkeys(slug for item in items for slug in item.planned.characters)
            if (picture := found.best(slug, self.production, self.dataset)) is not None
        }


def earlier_numbers(row: StoryboardRow, registry: Registry) -> dict[int, Sequence[JudgedNumber]]:
    """Numbers of the newest takes before a take of the same storyboard, by take."""
    takes = {
        other.body.take: other.body.numbers
        for other in STORYBOARDS.list(registry, row.production)
        if other.body.name == row.body.name and other.body.take < row.body.take
        if other.body.numbers
    }
    return {take: takes[take] for take in sorted(takes)[-EARLIER_TAKES:]}


def _small(picture: bytes, side: int) -> bytes:
    return thumbnail(decode_picture(picture).pixels, side)
