"""Pictures of characters that an untrained model is given to draw them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from onmodel.contracts.datasets import DatasetItem
from onmodel.contracts.keys import DatasetKeys, StoryboardKeys
from onmodel.errors import NotFound, ReferenceRefused
from onmodel.films.uploaded_picture import read_uploaded_picture
from onmodel.formats.jsonl import read_lines
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.registry.kinds import REFERENCES
from onmodel.vision.decoding import decode_picture
from onmodel.vision.encoding import encode_for_service

MOST_OF_A_CHARACTER = 2
"""Hosts of the model take four pictures: two of each of two characters."""

LONGEST_SIDE = 1024
"""Pixels. Larger ones make the model slower, and not better."""


@dataclass(frozen=True)
class CharacterPictures:
    """Finds a production's pictures of its characters.

    The uploaded references; for a character without one the best crops of the dataset.
    """

    registry: Registry
    uploads: ObjectStore
    studio: ObjectStore

    def write(
        self, keys: StoryboardKeys, character: str, production: str, dataset: str | None
    ) -> tuple[str, ...]:
        """Copy a character's pictures beside the take; returns their keys, none without any."""
        found = list(self._uploaded(production, character))
        if not found and dataset is not None:
            found = list(self._crops(DatasetKeys(production, dataset), character))
        written = []
        for number, picture in enumerate(found[:MOST_OF_A_CHARACTER]):
            key = keys.reference(character, number)
            self.studio.put(key, picture, "image/jpeg")
            written.append(key)
        return tuple(written)

    def best(self, character: str, production: str, dataset: str | None) -> bytes | None:
        """One picture of a character as a file; None without any."""
        found = chain(
            self._uploaded(production, character),
            self._crops(DatasetKeys(production, dataset), character) if dataset else (),
        )
        try:
            return next(found, None)
        except NotFound:  # the dataset was deleted
            return None

    def _uploaded(self, production: str, character: str) -> Iterator[bytes]:
        for row in REFERENCES.list(self.registry, production):
            if row.body.character != character:
                continue
            try:
                read = read_uploaded_picture(self.uploads, row.body.source.key)
            except (NotFound, ReferenceRefused):  # the film's report says why
                continue
            yield encode_for_service(read.pixels, LONGEST_SIDE)

    def _crops(self, keys: DatasetKeys, character: str) -> Iterator[bytes]:
        items = read_lines(DatasetItem, self.studio.get(keys.items))
        named = [
            item
            for item in items
            if item.character == character and not item.is_group and not item.rejected
        ]
        for item in sorted(named, key=lambda item: (-item.quality, item.crop_id)):
            pixels = decode_picture(self.studio.get(item.key)).pixels
            yield encode_for_service(pixels, LONGEST_SIDE)
