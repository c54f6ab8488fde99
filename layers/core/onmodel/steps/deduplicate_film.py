"""Join the chunks' shots and tracks, and keep the best of near-duplicates. No paid call."""

from __future__ import annotations

import numpy as np

from onmodel.contracts.films import RunRequest
from onmodel.contracts.keys import FilmKeys
from onmodel.contracts.settings import Settings
from onmodel.films.corrections import read_corrections
from onmodel.films.near_duplicates import read_sampled_film
from onmodel.formats.jsonl import write_lines
from onmodel.formats.npy import to_npy
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore


def deduplicate_film(request: RunRequest, *, studio: ObjectStore, registry: Registry) -> None:
    """Write the run's crops.jsonl, vectors.npy (row i belongs to line i) and rejected.jsonl.

    Crops that a person told apart are no near-duplicates of each other.
    """
    run = request.run
    keys = FilmKeys.of(run)
    settings = Settings.from_stored(studio.get(keys.settings))
    film = read_sampled_film(keys, settings.embedding.dimensions, studio)
    apart = read_corrections(run.production, registry).different_pairs()
    kept_by = film.kept_by(settings.deduplication, apart)
    kept = np.flatnonzero(kept_by < 0)
    rejected = [*film.rejected, *film.near_duplicates(kept_by)]
    studio.put(keys.crops, write_lines(film.crops[i] for i in kept), "application/jsonl")
    studio.put(keys.vectors, to_npy(film.vectors[kept]), "application/octet-stream")
    studio.put(keys.rejected, write_lines(rejected), "application/jsonl")
