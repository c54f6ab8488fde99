"""Which run an uploaded film makes: the same upload and settings always make the same run."""

from __future__ import annotations

from pathlib import PurePosixPath

from onmodel.contracts.base import ObjectRef
from onmodel.contracts.films import Run
from onmodel.contracts.keys import digest, film_id, run_id
from onmodel.contracts.settings import Settings
from onmodel.films.upload_layout import FilmFile
from onmodel.ports.storage import ObjectInfo, ObjectStore


def plan_run(
    film: FilmFile,
    info: ObjectInfo,
    *,
    settings: Settings,
    uploads: ObjectStore,
    correlation_id: str,
    attempt: int = 1,
) -> Run:
    """The run of a film under these settings and the references that are in the bucket now.

    Args:
        film: the uploaded object's place.
        info: the object's head: size and checksum make the film's identity.
        settings: in force.
        uploads: where the references are listed; a new reference makes a new run, which reuses
            everything that was sampled.
        correlation_id: of the upload event.
        attempt: 1, or one more than the attempt that failed.
    """
    name = PurePosixPath(film.file_name).name
    film_key = film_id(name, info.size, info.checksum_crc64nvme or info.etag)
    prefix = f"{film.folder}/characters/" if film.folder else "characters/"
    references = digest({item.key: item.etag for item in uploads.list(prefix)})
    return Run(
        production=film.production,
        film_id=film_key,
        run_id=run_id(film.production, film_key, settings.run_hash() + references),
        samples_id=settings.samples_hash(),
        title=name,
        attempt=attempt,
        source=ObjectRef(bucket=uploads.bucket, key=info.key, version_id=info.version_id),
        correlation_id=correlation_id,
    )
