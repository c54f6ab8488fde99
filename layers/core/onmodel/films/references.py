"""The reference pictures of a production: uploaded ones, and places in its films."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from threading import Lock

from onmodel.contracts.arrays import Pixels
from onmodel.contracts.characters import TimecodeReference
from onmodel.contracts.film_rows import ReferenceBody, ReferenceStatus
from onmodel.contracts.films import FilmFacts, Run
from onmodel.contracts.keys import FilmKeys, as_typed
from onmodel.contracts.settings import Settings
from onmodel.errors import FilmRefused, NotFound, ReferenceRefused
from onmodel.films.film_names import named_film
from onmodel.films.identity import living_place
from onmodel.films.source import open_film
from onmodel.films.uploaded_picture import picture_file, read_picture
from onmodel.ports.namer import ReferencePicture
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.registry.kinds import FILMS, REFERENCES, ReferenceRow
from onmodel.video import PacketTable, picture_at
from onmodel.vision.encoding import encode_for_service

_REFUSED = ReferenceStatus.REFUSED  # a notice names it until it is deleted


@dataclass(frozen=True)
class ReferenceReader:
    """The references that name the crops of a run, each read when it is asked for.

    Several threads may read. They decode one after the other: the largest picture takes 200 MB, and
    the function has one vCPU.
    """

    run: Run
    uploads: ObjectStore
    studio: ObjectStore
    registry: Registry
    _told: dict[int, tuple[str, ...]] = field(default_factory=dict, init=False)
    _decoding: Lock = field(default_factory=Lock, init=False)

    def pictures(self, settings: Settings) -> tuple[ReferencePicture, ...]:
        """Those of all characters: uploaded ones, then places in films."""
        rows = list(REFERENCES.list(self.registry, self.run.production))
        uploaded = [
            ReferencePicture(
                row.body.character,
                partial(self._uploaded, place, row),
                _for_people(row.body),
                row.body.look,
            )
            for place, row in enumerate(rows)
        ]
        by_timecode = [
            ReferencePicture(
                character,
                partial(self._in_film, place, character, shown),
                f"of {character} in {shown.film}",
                shown.look,
            )
            for place, (character, shown) in enumerate(_by_timecode(settings), len(rows))
        ]
        return (*uploaded, *by_timecode)

    @property
    def notices(self) -> tuple[str, ...]:
        """About the pictures that were read until now, in the order of the references."""
        return tuple(notice for _, told in sorted(self._told.items()) for notice in told)

    def _uploaded(self, place: int, reference: ReferenceRow) -> bytes | None:
        name = _for_people(reference.body)
        try:
            # the newest version of the object; a deleted one is not found
            file = picture_file(self.uploads, reference.body.source.key)
            with self._decoding:
                read = read_picture(file)
                jpeg = encode_for_service(read.pixels)
        except (NotFound, ReferenceRefused) as fault:
            if isinstance(fault, ReferenceRefused) or reference.status != _REFUSED:
                self._told[place] = (f"Reference {name} was not used: {fault}",)
            return None
        self._told[place] = tuple(f"Reference {name}: {notice}." for notice in read.notices)
        return jpeg

    def _in_film(self, place: int, character: str, shown: TimecodeReference) -> bytes | None:
        try:
            with self._decoding:
                return encode_for_service(self._cut(shown))
        except (NotFound, FilmRefused, ReferenceRefused) as fault:
            self._told[place] = (f"A reference of {character} was not used: {fault}",)
            return None

    def _cut(self, place: TimecodeReference) -> Pixels:
        """The picture at a place in a film. Raises ReferenceRefused, FilmRefused or NotFound."""
        run = self._run_of(place.film)
        keys = FilmKeys.of(run)
        facts = FilmFacts.from_stored(self.studio.get(keys.facts))
        packets = PacketTable.load(self.studio.get(keys.packets))
        reader = open_film(self.uploads, run.source, facts.size_bytes)
        frame = picture_at(reader, place.timecode_seconds, packets)
        left, top, right, bottom = place.box
        height, width = (0, 0) if frame is None else frame.pixels.shape[:2]
        in_picture = 0 <= left < right <= width and 0 <= top < bottom <= height
        if frame is None or not in_picture:
            raise ReferenceRefused(
                f"{place.film} has no picture at {place.timecode_seconds} s in {place.box}",
                "Correct the timecode or the box (left, top, right, bottom) in settings.yaml",
            )
        return frame.pixels[top:bottom, left:right]

    def _run_of(self, name: str) -> Run:
        """Raises ReferenceRefused when no film, or several, are called so."""
        own = self.run
        if as_typed(name) == as_typed(own.title) and not any(
            film.id == own.film_id for film in FILMS.list(self.registry, own.production)
        ):
            return own  # claimed before films were recorded at their upload
        film = named_film(name, own.production, self.registry, self.uploads)
        run = own if film.id == own.film_id else film.body.run
        if run is None:
            raise ReferenceRefused(
                f"The film {name!r} is not prepared yet",
                "It can be used by films that are prepared after it",
            )
        # versions that were moved away or replaced are deleted after a while
        source = living_place(film, self.uploads) or run.source
        return run.model_copy(update={"source": source})


def _for_people(reference: ReferenceBody) -> str:
    """The character's folder, that of its look and the file's name, as typed."""
    parts = 3 if reference.look else 2
    return as_typed("/".join(reference.source.key.split("/")[-parts:]))


def _by_timecode(settings: Settings) -> Iterator[tuple[str, TimecodeReference]]:
    for slug, character in settings.characters.items():
        for reference in character.references:
            yield slug, reference
