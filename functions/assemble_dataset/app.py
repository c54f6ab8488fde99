"""TrainModel: close the generation; its films' crops become one dataset."""

from onmodel.contracts.datasets import AssembleDatasetRequest, DatasetRef
from onmodel.environment import Buckets, CacheTable, Models, RegistryTable
from onmodel.handler import lambda_handler
from onmodel.money.usage import UsageMeter
from onmodel.steps.assemble_dataset import AssembleDataset
from onmodel.wiring import now, services

wired = services(Buckets, CacheTable, Models, RegistryTable)


@lambda_handler(AssembleDatasetRequest)
def handler(request: AssembleDatasetRequest) -> DatasetRef:
    meter = UsageMeter()
    return AssembleDataset(
        registry=wired.registry,
        uploads=wired.uploads,
        studio=wired.studio,
        cache=wired.cache,
        namer=wired.namer(meter),
        meter=meter,
        clock=now,
        models=wired.environment.read(Models).allowed,
        limits=wired.dataset_limits,
        notices=wired.notices,
    ).assemble(request)
