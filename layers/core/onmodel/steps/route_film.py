"""What an uploaded film leads to: its preparation, or its place in the next dataset."""

from __future__ import annotations

from dataclasses import dataclass

from onmodel.contracts.base import ObjectRef
from onmodel.contracts.film_rows import RunBody, RunStatus
from onmodel.contracts.generations import FilmPreparedDetail
from onmodel.contracts.keys import FilmKeys
from onmodel.contracts.settings import AllowedModels
from onmodel.contracts.uploads import RouteAnswer
from onmodel.films.folders import ProductionFolders
from onmodel.films.identity import record_film
from onmodel.films.planning import plan_run, start_run
from onmodel.films.settings import settings_in_force
from onmodel.films.upload_layout import FilmFile
from onmodel.ports.machines import Clock, Executions
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.registry.kinds import RUNS
from onmodel.steps.collect_film import CollectFilm


@dataclass(frozen=True)
class RouteFilm:
    """The services that routing a film needs."""

    uploads: ObjectStore
    studio: ObjectStore
    registry: Registry
    executions: Executions
    clock: Clock
    models: AllowedModels
    prepare_film_arn: str
    train_model_arn: str

    def route(
        self,
        film: FilmFile,
        production: ProductionFolders,
        source: ObjectRef,
        correlation_id: str,
    ) -> RouteAnswer:
        """Start its preparation under the settings in force, unless it runs or is done.

        Args:
            film: where it was uploaded.
            production: whose settings are the newest already.
            source: the uploaded object.
            correlation_id: of the upload's event.

        Raises:
            NotFound: it is gone.
        """
        info = self.uploads.head(source.key, source.version_id)
        settings = settings_in_force(production.id, self.studio, self.models)
        known = record_film(production.id, source, info, registry=self.registry, clock=self.clock)
        run = plan_run(
            film,
            info,
            production=production,
            film_id=known.id,
            settings=settings,
            uploads=self.uploads,
            correlation_id=correlation_id,
        )
        row = RUNS.read(self.registry, run.production, run.run_id)
        if row is not None:
            if row.status == RunStatus.PREPARED:
                self._collect_again(row.body)
                return RouteAnswer(outcome="already_prepared", detail=run.run_id)
            if row.holder is not None and self.executions.is_running(row.holder):
                return RouteAnswer(outcome="already_running", detail=run.run_id)
            run = run.model_copy(update={"attempt": row.body.run.attempt + 1})
        keys = FilmKeys.of(run)
        self.studio.put(keys.settings, settings.model_dump_json().encode(), "application/json")
        return RouteAnswer(
            outcome=start_run(run, self.prepare_film_arn, self.executions), detail=run.run_id
        )

    def _collect_again(self, prepared: RunBody) -> None:
        """The film may have been deleted meanwhile: the next dataset has it again."""
        if prepared.crops_kept == 0:
            return
        run = prepared.run
        film = FilmPreparedDetail(
            production=run.production,
            film_id=run.film_id,
            run_id=run.run_id,
            correlation_id=run.correlation_id,
        )
        CollectFilm(
            registry=self.registry,
            studio=self.studio,
            executions=self.executions,
            clock=self.clock,
            train_model_arn=self.train_model_arn,
        ).collect_again(film)
