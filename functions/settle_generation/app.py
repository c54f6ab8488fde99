"""TrainModel's first state: hold the generation, and wait until it is quiet."""

from onmodel.contracts.generations import Settled, SettleGenerationRequest
from onmodel.environment import Buckets, GenerationPace, RegistryTable
from onmodel.handler import lambda_handler
from onmodel.steps.settle_generation import settle_generation
from onmodel.wiring import now, services

wired = services(Buckets, GenerationPace, RegistryTable)


@lambda_handler(SettleGenerationRequest)
def handler(request: SettleGenerationRequest) -> Settled:
    return settle_generation(
        request,
        registry=wired.registry,
        studio=wired.studio,
        executions=wired.executions,
        clock=now,
        quiet_seconds=wired.environment.read(GenerationPace).quiet_seconds,
        poll_seconds=wired.environment.read(GenerationPace).poll_seconds,
    )
