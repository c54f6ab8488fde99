"""Put a prepared film into the open generation, and see that TrainModel waits for more of them."""

from __future__ import annotations

from dataclasses import dataclass

from onmodel.contracts.datasets import FilmCollected, FilmPreparedDetail, FilmPreparedEvent
from onmodel.contracts.keys import generation_id
from onmodel.contracts.rows import GenerationBody, GenerationStatus, Kind, RunBody
from onmodel.datasets.generations import newest_generation, start_training_machine
from onmodel.errors import Conflict, EventRefused
from onmodel.films.settings import settings_in_force
from onmodel.ports.machines import Clock, Executions
from onmodel.ports.registry import Record, Registry
from onmodel.ports.storage import ObjectStore

TRIES = 5
"""Of a conditional write: five episodes that end together write one row."""


@dataclass(frozen=True)
class CollectFilm:
    """The services that collecting needs."""

    registry: Registry
    studio: ObjectStore
    executions: Executions
    clock: Clock
    train_model_arn: str

    def collect(self, event: FilmPreparedEvent) -> FilmCollected:
        """Answer for one prepared film. Its event may come twice, also after the training began.

        Raises:
            EventRefused: no such run is known.
            Conflict: the row moved again and again; EventBridge tries later.
        """
        return self.collect_run(event.detail)

    def collect_run(self, film: FilmPreparedDetail) -> FilmCollected:
        """As for its event, which may be lost. Raises the same."""
        record = self.registry.get(film.production, Kind.RUN, film.run_id)
        if record is None:
            raise EventRefused(f"No run {film.run_id} in production {film.production}")
        if RunBody.model_validate(record.body).crops_kept == 0:
            return FilmCollected(outcome="ignored")  # was told when the film was
        for attempt in range(1, TRIES + 1):
            try:
                return self._collect(film)
            except Conflict:
                if attempt == TRIES:
                    raise
        raise AssertionError("the last try returns or raises")

    def _collect(self, film: FilmPreparedDetail) -> FilmCollected:
        if (closed := self._closed_with(film)) is not None:
            return FilmCollected(outcome="ignored", generation_id=closed)
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
        records = self.registry.list(film.production, Kind.GENERATION)
        closed = (record for record in records if record.status == GenerationStatus.CLOSED)
        return next(
            (
                record.id
                for record in closed
                if film.run_id in GenerationBody.model_validate(record.body).runs
            ),
            None,
        )

    def _with_film(self, film: FilmPreparedDetail) -> Record:
        """The open generation, with this film in it. Raises Conflict."""
        newest, now = newest_generation(film.production, self.registry), self.clock()
        if newest is None or newest.status == GenerationStatus.CLOSED:
            number = 1 if newest is None else int(newest.id.removeprefix("g")) + 1
            body = GenerationBody(
                attempt=1,
                runs=(film.run_id,),
                last_prepared_at=now,
                correlation_id=film.correlation_id,
            )
            return self.registry.create(
                Record(
                    production=film.production,
                    kind=Kind.GENERATION,
                    id=generation_id(number),
                    status=GenerationStatus.OPEN,
                    created_at=now,
                    updated_at=now,
                    body=body.model_dump(mode="json"),
                )
            )
        body = GenerationBody.model_validate(newest.body)
        if film.run_id in body.runs:
            return newest
        body = body.model_copy(
            update={
                "runs": (*body.runs, film.run_id),
                "last_prepared_at": now,
                "correlation_id": film.correlation_id,
            }
        )
        return self.registry.replace(
            newest.model_copy(update={"updated_at": now, "body": body.model_dump(mode="json")})
        )
