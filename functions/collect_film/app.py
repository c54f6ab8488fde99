"""A film was prepared: put it into the open generation. Our own rule calls this."""

from onmodel.contracts.datasets import FilmCollected, FilmPreparedEvent
from onmodel.handler import entry
from onmodel.steps.collect_film import CollectFilm
from onmodel.wiring import now, services


@entry(FilmPreparedEvent)
def handler(event: FilmPreparedEvent) -> FilmCollected:
    wired = services()
    return CollectFilm(
        registry=wired.registry,
        studio=wired.studio,
        executions=wired.executions,
        clock=now,
        train_model_arn=wired.environment.train_model_arn,
    ).collect(event)
