"""The reference pictures of a production: uploaded ones, and places in its films."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from onmodel.contracts.arrays import Pixels
from onmodel.contracts.base import ObjectRef
from onmodel.contracts.films import FilmFacts, Run
from onmodel.contracts.keys import FilmKeys
from onmodel.contracts.settings import Settings, TimecodeReference
from onmodel.errors import NotFound, ReferenceRefused
from onmodel.films.source import open_film
from onmodel.films.uploaded_picture import read_uploaded_picture
from onmodel.ports.namer import ReferencePicture
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.registry.kinds import FILMS, REFERENCES
from onmodel.video import sample_frames
from onmodel.vision.encoding import encode_for_service

FRAME_SPAN_SECONDS = 0.5
"""A timecode reference is the first frame of a span of this length; from 2 fps on there is one."""


@dataclass(frozen=True)
class ReferenceReader:
    """Reads the references that name the crops of a run."""

    run: Run
    uploads: ObjectStore
    studio: ObjectStore
    registry: Registry

    def read(self, settings: Settings) -> tuple[tuple[ReferencePicture, ...], tuple[str, ...]]:
        """The pictures of all characters, and notices about references that cannot be used."""
        pictures: list[ReferencePicture] = []
        notices: list[str] = []
        for reference in REFERENCES.list(self.registry, self.run.production):
            try:
                # the newest version of the object; a deleted one is not found
                pixels = read_uploaded_picture(self.uploads, reference.body.source.key)
            except (NotFound, ReferenceRefused) as fault:
                notices.append(f"Reference {reference.id} was not used: {fault}")
                continue
            picture = ReferencePicture(reference.body.character, encode_for_service(pixels))
            pictures.append(picture)
        for character, place in _by_timecode(settings):
            try:
                pixels = self._cut(place)
            except (NotFound, ReferenceRefused) as fault:
                notices.append(f"A reference of {character} was not used: {fault}")
                continue
            pictures.append(ReferencePicture(character, encode_for_service(pixels)))
        return tuple(pictures), tuple(notices)

    def _cut(self, place: TimecodeReference) -> Pixels:
        """The picture at a place in a film. Raises ReferenceRefused or NotFound without one."""
        source, facts = self._film(place.film)
        reader = open_film(self.uploads, source, facts.size_bytes)
        start = place.timecode_seconds
        frame = next(
            iter(sample_frames(reader, FRAME_SPAN_SECONDS, start, start + FRAME_SPAN_SECONDS)), None
        )
        left, top, right, bottom = place.box
        height, width = (0, 0) if frame is None else frame.pixels.shape[:2]
        in_picture = 0 <= left < right <= width and 0 <= top < bottom <= height
        if frame is None or not in_picture:
            raise ReferenceRefused(
                f"{place.film} has no picture at {start} s in {place.box}",
                "Correct the timecode or the box (left, top, right, bottom) in settings.yaml",
            )
        return frame.pixels[top:bottom, left:right]

    def _film(self, title: str) -> tuple[ObjectRef, FilmFacts]:
        run = self.run
        if title != run.title:
            films = (row.body for row in FILMS.list(self.registry, run.production))
            known = next((film.run for film in films if film.title == title and film.run), None)
            if known is None:
                raise ReferenceRefused(
                    f"No film {title!r} is prepared in {run.production}",
                    "Upload that film first, or correct its name in settings.yaml",
                )
            run = known
        return run.source, FilmFacts.model_validate_json(self.studio.get(FilmKeys.of(run).facts))


def _by_timecode(settings: Settings) -> Iterator[tuple[str, TimecodeReference]]:
    for slug, character in settings.characters.items():
        for reference in character.references:
            yield slug, reference
