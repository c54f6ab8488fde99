"""TrainModel: close the generation; its films' crops become one dataset."""

from onmodel.contracts.datasets import AssembleDatasetRequest, DatasetRef
from onmodel.handler import entry
from onmodel.money.usage import UsageMeter
from onmodel.steps.assemble_dataset import AssembleDataset
from onmodel.wiring import now, services


@entry(AssembleDatasetRequest)
def handler(request: AssembleDatasetRequest) -> DatasetRef:
    wired, meter = services(), UsageMeter()
    return AssembleDataset(
        registry=wired.registry,
        uploads=wired.uploads,
        studio=wired.studio,
        cache=wired.cache,
        namer=wired.namer(meter),
        meter=meter,
        clock=now,
        models=wired.environment.models,
        limits=wired.trainer_rules.limits.dataset,
        notices=wired.notices,
    ).assemble(request)
