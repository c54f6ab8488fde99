"""Read a film's header by byte ranges and plan its chunks."""

from __future__ import annotations

from onmodel.contracts.films import Chunk, FilmProbed, Run, RunRequest
from onmodel.contracts.keys import FilmKeys
from onmodel.contracts.settings import Settings
from onmodel.errors import FilmRefused, NotFound
from onmodel.films.file_kinds import is_picture_archive
from onmodel.films.picture_archive import open_picture_archive
from onmodel.films.source import open_film
from onmodel.formats.jsonl import read_lines, write_lines
from onmodel.ports.storage import ObjectStore
from onmodel.video.inspection.film import inspect_film
from onmodel.video.sampling.chunks import plan_chunks


def probe_film(request: RunRequest, *, uploads: ObjectStore, studio: ObjectStore) -> FilmProbed:
    """Write film.json, packets.npz and, last, chunks.jsonl; a repeat reads them.

    An archive of pictures has no packets.

    Raises:
        FilmRefused: the film was deleted, or cannot be decoded; says what to do.
    """
    run = request.run
    keys = FilmKeys.of(run)
    settings = Settings.from_stored(studio.get(keys.settings))
    if any(info.key == keys.chunks for info in studio.list(keys.chunks)):
        return _probed(run, settings, studio)
    source, version = run.source.key, run.source.version_id
    try:
        size = uploads.head(source, version).size
    except NotFound as gone:
        raise FilmRefused(
            f"{run.title} was deleted before it could be read", "Upload it again"
        ) from gone
    reader = open_film(uploads, run.source, size)
    if is_picture_archive(source):
        archive = open_picture_archive(reader)
        facts = archive.facts(size)
        studio.put(keys.facts, facts.model_dump_json().encode(), "application/json")
        studio.put(keys.chunks, write_lines(archive.chunks()), "application/jsonl")
        return _probed(run, settings, studio)
    probed = inspect_film(reader, size_bytes=size)
    chunks = plan_chunks(
        probed.packets, probed.facts, chunk_seconds=settings.sampling.chunk_seconds
    )
    studio.put(keys.facts, probed.facts.model_dump_json().encode(), "application/json")
    studio.put(keys.packets, probed.packets.save(), "application/octet-stream")
    studio.put(keys.chunks, write_lines(chunks), "application/jsonl")
    return _probed(run, settings, studio)


def _probed(run: Run, settings: Settings, studio: ObjectStore) -> FilmProbed:
    """No model is started for a film whose chunks are all done, nor for an archive of pictures."""
    keys = FilmKeys.of(run)
    if "custom_labels" not in settings.finder.kind or is_picture_archive(run.source.key):
        return FilmProbed(chunks_key=keys.chunks)
    done = {info.key for info in studio.list(f"{keys.samples}/chunks/")}
    chunks = read_lines(Chunk, studio.get(keys.chunks))
    needed = any(keys.chunk(chunk.index).done not in done for chunk in chunks)
    return FilmProbed(
        chunks_key=keys.chunks, detector=settings.finder.custom_labels.model if needed else ""
    )
