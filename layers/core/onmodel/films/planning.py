"""Which run an uploaded film makes, and its start. The same upload and settings: the same run."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Literal

from onmodel.contracts.base import ObjectRef
from onmodel.contracts.films import Run
from onmodel.contracts.keys import as_typed, digest, execution_arn, execution_name, run_id
from onmodel.contracts.settings import Settings
from onmodel.films.folders import ProductionFolders
from onmodel.films.upload_layout import FilmFile, key_in
from onmodel.ports.machines import Executions
from onmodel.ports.storage import ObjectInfo, ObjectStore


def plan_run(
    film: FilmFile,
    info: ObjectInfo,
    *,
    production: ProductionFolders,
    film_id: str,
    settings: Settings,
    uploads: ObjectStore,
    correlation_id: str,
    attempt: int = 1,
) -> Run:
    """The run of a film under these settings and the references that are in the bucket now.

    Args:
        film: the uploaded object's place.
        info: the object's head.
        production: whose film it is.
        film_id: of its content: see films.identity.
        settings: in force.
        uploads: where the references are listed; a new reference makes a new run, which reuses
            everything that was sampled.
        correlation_id: of the upload event.
        attempt: 1, or one more than the attempt that failed.
    """
    references = digest(
        {
            item.key: item.etag
            for folder in production.folders
            for item in uploads.list(key_in(folder, "characters", ""))
        }
    )
    return Run(
        production=production.id,
        film_id=film_id,
        run_id=run_id(production.id, film_id, settings.run_hash() + references),
        samples_id=settings.samples_hash(),
        title=as_typed(PurePosixPath(film.file_name).name),
        attempt=attempt,
        source=ObjectRef(bucket=uploads.bucket, key=info.key, version_id=info.version_id),
        correlation_id=correlation_id,
    )


def start_run(
    run: Run, prepare_film_arn: str, executions: Executions
) -> Literal["started", "already_running"]:
    """Start its execution under the first unused name.

    An execution that failed before it claimed the run has used a name, and no row counts it.
    """
    while True:
        name = execution_name(run.run_id, run.attempt)
        if executions.start(prepare_film_arn, name, {"run": run.model_dump(mode="json")}):
            return "started"
        if executions.is_running(execution_arn(prepare_film_arn, name)):
            return "already_running"
        run = run.model_copy(update={"attempt": run.attempt + 1})
