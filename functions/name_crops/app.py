"""PrepareFilm: name the kept crops after the production's references."""

from onmodel.contracts.films import RunRequest
from onmodel.environment import Buckets, CacheTable, FilmPace, LabelPace, RegistryTable, StackName
from onmodel.handler import lambda_handler, seconds_left
from onmodel.money.usage import UsageMeter
from onmodel.steps.name_crops import name_crops
from onmodel.wiring import services

wired = services(Buckets, CacheTable, FilmPace, LabelPace, RegistryTable, StackName)


@lambda_handler(RunRequest)
def handler(request: RunRequest) -> None:
    meter = UsageMeter(f"{request.run.run_id}/names")
    name_crops(
        request,
        uploads=wired.uploads,
        studio=wired.studio,
        registry=wired.registry,
        namer=wired.namer(meter, wired.retry(seconds_left())),
        meter=meter,
    )
