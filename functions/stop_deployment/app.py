"""RetireModel's first state: stop what costs money."""

from onmodel.contracts.deployments import RetireRequest
from onmodel.environment import Buckets, RegistryTable, SageMakerVariables, TrainerResources
from onmodel.handler import lambda_handler
from onmodel.steps.stop_deployment import stop_deployment
from onmodel.wiring import now, services

wired = services(Buckets, RegistryTable, SageMakerVariables, TrainerResources)


@lambda_handler(RetireRequest)
def handler(request: RetireRequest) -> None:
    stop_deployment(request, registry=wired.registry, trainers=wired.trainers, clock=now)
