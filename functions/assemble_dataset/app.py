"""TrainModel: close the generation; its films' crops become one dataset."""

from onmodel.contracts.datasets import DatasetRef
from onmodel.contracts.generations import AssembleDatasetRequest
from onmodel.environment import (
    Buckets,
    CacheTable,
    FilmPace,
    LabelPace,
    Models,
    RegistryTable,
    StackName,
)
from onmodel.handler import lambda_handler, seconds_left
from onmodel.money.usage import UsageMeter
from onmodel.steps.assemble_dataset import AssembleDataset
from onmodel.wiring import now, services

wired = services(Buckets, CacheTable, FilmPace, LabelPace, Models, RegistryTable, StackName)


@lambda_handler(AssembleDatasetRequest)
def handler(request: AssembleDatasetRequest) -> DatasetRef:
    meter = UsageMeter(f"{request.generation.production}/{request.generation.generation_id}")
    return AssembleDataset(
        registry=wired.registry,
        uploads=wired.uploads,
        studio=wired.studio,
        cache=wired.cache,
        namer=wired.namer(meter, wired.retry(seconds_left())),
        meter=meter,
        clock=now,
        models=wired.environment.read(Models).allowed,
        limits=wired.dataset_limits,
        notices=wired.notices(request.preflight.trainer),
    ).assemble(request)
