"""Add a prepared film to the open generation, and start TrainModel, which waits for more films."""

from __future__ import annotations

from dataclasses import dataclass

from onmodel.contracts.generations import FilmCollected, FilmPreparedDetail, FilmPreparedEvent
from onmodel.contracts.keys import generation_id
from onmodel.contracts.rows import GenerationBody, GenerationStatus
from onmodel.datasets.generations import newest_generation, start_training_machine
from onmodel.films.settings import settings_in_force
from onmodel.ports.machines import Clock, Executions
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.registry.kinds import DATASETS, GENERATIONS, RUNS, GenerationRow
from onmodel.registry.rows import retry_on_conflict
from onmodel.registry.tombstones import is_being_deleted, last_generation


@dataclass(frozen=True)
class CollectFilm:
    """The services that collecting needs."""

    registry: Registry
    studio: ObjectStore
    executions: Executions
    clock: Clock
    train_model_arn: str

    def collect(self, event: FilmPreparedEvent) -> FilmCollected:
        """Collect one prepared film. Its event may come twice, also after the training began.

        Raises:
            EventRefused: no such run is known.
            Conflict: other functions wrote the row during every attempt; EventBridge tries later.
        """
        return self.collect_run(event.detail)

    def collect_run(self, film: FilmPreparedDetail) -> FilmCollected:
        """Collect a run whose event may have been lost. Raises the same errors."""
        run = RUNS.require(self.registry, film.production, film.run_id)
        if run.body.crops_kept == 0:
            return FilmCollected(outcome="ignored")  # the mail about the film has the reason
        if is_being_deleted(film.production, self.registry):
            return FilmCollected(outcome="ignored")
        return retry_on_conflict(
            lambda: self._collect(film), f"the open generation of production {film.production}"
        )

    def collect_again(self, film: FilmPreparedDetail) -> FilmCollected:
        """Collect a prepared film that was uploaded again, unless the newest dataset has it.

        The film did not exist when that dataset was made. While a generation is open nothing has
        to be done: its dataset will have all films that exist then. Raises the same errors.
        """
        newest = newest_generation(film.production, self.registry)
        if newest is None or newest.status == GenerationStatus.OPEN or self._has(newest, film):
            return FilmCollected(outcome="ignored")
        return retry_on_conflict(
            lambda: self._add(film), f"the open generation of production {film.production}"
        )

    def _has(self, closed: GenerationRow, film: FilmPreparedDetail) -> bool:
        if closed.body.dataset_id is None:
            return False
        dataset = DATASETS.read(self.registry, film.production, closed.body.dataset_id)
        return dataset is not None and film.film_id in dataset.body.films

    def _collect(self, film: FilmPreparedDetail) -> FilmCollected:
        if (closed := self._closed_with(film)) is not None:
            return FilmCollected(outcome="ignored", generation_id=closed)
        return self._add(film)

    def _add(self, film: FilmPreparedDetail) -> FilmCollected:
        generation = self._with_film(film)
        if not settings_in_force(film.production, self.studio).training.automatic:
            return FilmCollected(outcome="recorded", generation_id=generation.id)
        outcome = start_training_machine(
            generation,
            registry=self.registry,
            executions=self.executions,
            clock=self.clock,
            machine_arn=self.train_model_arn,
        )
        return FilmCollected(outcome=outcome, generation_id=generation.id)

    def _closed_with(self, film: FilmPreparedDetail) -> str | None:
        """The closed generation that the run was collected in before."""
        return next(
            (
                row.id
                for row in GENERATIONS.list(self.registry, film.production)
                if row.status == GenerationStatus.CLOSED and film.run_id in row.body.runs
            ),
            None,
        )

    def _with_film(self, film: FilmPreparedDetail) -> GenerationRow:
        """The open generation, with this film in it. Raises Conflict."""
        newest, now = newest_generation(film.production, self.registry), self.clock()
        if newest is None or newest.status == GenerationStatus.CLOSED:
            number = 1 + (
                last_generation(film.production, self.registry)
                if newest is None
                else int(newest.id.removeprefix("g"))
            )
            body = GenerationBody(
                attempt=1,
                runs=(film.run_id,),
                last_prepared_at=now,
                correlation_id=film.correlation_id,
            )
            return GENERATIONS.create(
                self.registry,
                film.production,
                generation_id(number),
                status=GenerationStatus.OPEN,
                body=body,
                now=now,
            )
        if film.run_id in newest.body.runs:
            return newest
        changed = newest.with_fields(
            runs=(*newest.body.runs, film.run_id),
            last_prepared_at=now,
            correlation_id=film.correlation_id,
        )
        return GENERATIONS.replace(self.registry, changed, now)
