"""What `status` and `costs` show of a stack beside its lines: progress, and counted calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

from onmodel.contracts.film_rows import RunStatus
from onmodel.contracts.films import FilmSummary
from onmodel.contracts.keys import FilmKeys
from onmodel.contracts.rows import Kind
from onmodel.environment import GenerationPace
from onmodel.errors import NotFound
from onmodel.films.settings import settings_in_force
from onmodel.formats.wording import count
from onmodel.overview.coming import QuietOf, quiet_time
from onmodel.overview.lines import rows_of
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.registry.kinds import RUNS
from onmodel.registry.rows import AnyRow
from onmodel_cli.connection import Connection
from onmodel_cli.following import RunObserver
from onmodel_cli.journey import answered


def progress_in(studio: ObjectStore) -> Callable[[AnyRow], str]:
    """The progress of a film or a dataset that is being worked on, by its objects."""

    def progress(row: AnyRow) -> str:
        if row.kind == Kind.DATASET:
            return f"{answered(studio, row):,} of them captioned"
        seen = RunObserver(row.body.run, studio).progress()
        parts = f", {seen.chunks_done} of {count(seen.chunks, 'part')} done"
        return seen.stage + (parts if seen.chunks_done < seen.chunks else "")

    return progress


def quiet_of(connection: Connection) -> QuietOf:
    """When the films of a production become a dataset, by its settings and the stack's period."""
    stack_seconds = connection.environment.read(GenerationPace).quiet_seconds

    def quiet(production: str) -> timedelta | None:
        return quiet_time(settings_in_force(production, connection.studio), stack_seconds)

    return quiet


def usage_of_runs(
    registry: Registry, studio: ObjectStore, production: str | None
) -> Iterator[FilmSummary]:
    """Summaries of prepared runs, with their counted calls."""
    for row in rows_of(registry, production, RUNS):
        if row.status == RunStatus.PREPARED:
            keys = FilmKeys.of(row.body.run)
            try:
                yield FilmSummary.from_stored(studio.get(keys.summary))
            except NotFound:
                continue  # deleted by hand; its row in the Registry still has the total
