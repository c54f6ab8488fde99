"""A film was prepared: put it into the open generation. Our own rule calls this."""

from onmodel.contracts.generations import FilmCollected, FilmPreparedEvent
from onmodel.environment import Buckets, Machines, RegistryTable
from onmodel.handler import lambda_handler
from onmodel.steps.collect_film import CollectFilm
from onmodel.wiring import now, services

wired = services(Buckets, Machines, RegistryTable)


@lambda_handler(FilmPreparedEvent)
def handler(event: FilmPreparedEvent) -> FilmCollected:
    return CollectFilm(
        registry=wired.registry,
        studio=wired.studio,
        executions=wired.executions,
        clock=now,
        train_model_arn=wired.environment.read(Machines).train_model_arn,
    ).collect(event)
