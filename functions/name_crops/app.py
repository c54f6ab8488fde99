"""PrepareFilm: name the kept crops after the production's references."""

from onmodel.contracts.films import RunRequest
from onmodel.environment import Buckets, CacheTable, RegistryTable
from onmodel.handler import lambda_handler
from onmodel.money.usage import UsageMeter
from onmodel.steps.name_crops import name_crops
from onmodel.wiring import services

wired = services(Buckets, CacheTable, RegistryTable)


@lambda_handler(RunRequest)
def handler(request: RunRequest) -> None:
    meter = UsageMeter()
    name_crops(
        request,
        uploads=wired.uploads,
        studio=wired.studio,
        registry=wired.registry,
        namer=wired.namer(meter),
        meter=meter,
    )
