"""Name the kept crops after the production's references. Runs again without any paid call."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from onmodel.contracts.arrays import Pixels, Vector
from onmodel.contracts.base import ObjectRef
from onmodel.contracts.films import Crop, FilmFacts, Run, RunRequest
from onmodel.contracts.keys import FilmKeys
from onmodel.contracts.rows import FilmBody, Kind, NamingCost, ReferenceBody
from onmodel.contracts.settings import Settings, TimecodeReference
from onmodel.errors import NotFound, ReferenceRefused
from onmodel.films.source import open_film
from onmodel.formats.jsonl import read_lines, write_lines
from onmodel.formats.npy import Vectors, from_npy
from onmodel.money.usage import UsageMeter
from onmodel.namers.embeddings import name_crops as nearest
from onmodel.ports.models import Embedder, EmbedderOf
from onmodel.ports.registry import Record, Registry
from onmodel.ports.storage import ObjectStore
from onmodel.video import sample_frames
from onmodel.vision.encoding import decode_picture, encode_for_service

FRAME_SPAN_SECONDS = 0.5
"""A timecode reference takes the first frame of this span: films of 2 fps and more have one."""


@dataclass(frozen=True)
class References:
    """Reads and embeds a production's references; each is paid for once and then cached."""

    run: Run
    uploads: ObjectStore
    studio: ObjectStore
    registry: Registry
    embedder: Embedder

    def vectors(self, settings: Settings) -> tuple[dict[str, Vectors], list[str]]:
        """Vectors by character, and notices about references that could not be used."""
        found: dict[str, list[Vector]] = defaultdict(list)
        notices: list[str] = []
        for record in self.registry.list(self.run.production, Kind.REFERENCE):
            try:
                pixels = self._uploaded(record)
            except (NotFound, ReferenceRefused) as gone:
                notices.append(f"Reference {record.id} was not used: {gone}")
                continue
            character = ReferenceBody.model_validate(record.body).character
            found[character].append(self._embed(pixels))
        for character, shown in self._by_timecode(settings):
            try:
                pixels = self._cut(shown)
            except (NotFound, ReferenceRefused) as fault:
                notices.append(f"A reference of {character} was not used: {fault}")
                continue
            found[character].append(self._embed(pixels))
        return {name: np.stack(rows) for name, rows in found.items()}, notices

    def _embed(self, pixels: Pixels) -> Vector:
        return self.embedder.embed(encode_for_service(pixels))

    def _uploaded(self, record: Record) -> Pixels:
        source = ReferenceBody.model_validate(record.body).source
        return decode_picture(self.uploads.get(source.key))  # the newest; a deleted one is gone

    @staticmethod
    def _by_timecode(settings: Settings) -> Iterator[tuple[str, TimecodeReference]]:
        for slug, character in settings.characters.items():
            for reference in character.references:
                yield slug, reference

    def _cut(self, shown: TimecodeReference) -> Pixels:
        """Raises ReferenceRefused when film, time or box lead nowhere."""
        source, facts = self._film(shown.film)
        reader = open_film(self.uploads, source, facts.size_bytes)
        start = shown.timecode_seconds
        frame = next(
            iter(sample_frames(reader, FRAME_SPAN_SECONDS, start, start + FRAME_SPAN_SECONDS)), None
        )
        left, top, right, bottom = shown.box
        if (
            frame is None
            or right > facts.width
            or bottom > facts.height
            or left >= right
            or top >= bottom
        ):
            raise ReferenceRefused(
                f"{shown.film} shows nothing at {start} s in {shown.box}",
                "Correct the timecode or the box (left, top, right, bottom) in settings.yaml",
            )
        return frame.pixels[top:bottom, left:right]

    def _film(self, title: str) -> tuple[ObjectRef, FilmFacts]:
        run = self.run
        if title != run.title:
            films = (
                FilmBody.model_validate(record.body)
                for record in self.registry.list(run.production, Kind.FILM)
            )
            known = next((film.run for film in films if film.title == title and film.run), None)
            if known is None:
                raise ReferenceRefused(
                    f"No film {title!r} is prepared in {run.production}",
                    "Upload that film first, or correct its name in settings.yaml",
                )
            run = known
        return run.source, FilmFacts.model_validate_json(self.studio.get(FilmKeys.of(run).facts))


def name_crops(
    request: RunRequest,
    *,
    uploads: ObjectStore,
    studio: ObjectStore,
    registry: Registry,
    embedder: EmbedderOf,
    meter: UsageMeter,
) -> None:
    """Write names.jsonl: for every kept crop a character, or None. Unnamed is an answer."""
    run = request.run
    keys = FilmKeys.of(run)
    settings = Settings.model_validate_json(studio.get(keys.settings))
    crops = read_lines(Crop, studio.get(keys.crops))
    vectors = from_npy(studio.get(keys.vectors))
    references, notices = References(
        run, uploads, studio, registry, embedder(settings.embedding)
    ).vectors(settings)
    names = nearest([crop.crop_id for crop in crops], vectors, references, settings.naming)
    studio.put(keys.names, write_lines(names), "application/jsonl")
    cost = NamingCost(usage=meter.usage(), notices=tuple(notices))
    studio.put(keys.naming_usage, cost.model_dump_json().encode(), "application/json")
