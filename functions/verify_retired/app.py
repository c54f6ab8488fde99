"""RetireModel: confirm that the deployment no longer exists."""

from onmodel.contracts.deployments import RetirementVerified, RetireRequest
from onmodel.environment import Buckets, RegistryTable, SageMakerVariables, TrainerResources
from onmodel.handler import lambda_handler
from onmodel.steps.verify_retired import verify_retired
from onmodel.wiring import now, services

wired = services(Buckets, RegistryTable, SageMakerVariables, TrainerResources)


@lambda_handler(RetireRequest)
def handler(request: RetireRequest) -> RetirementVerified:
    return verify_retired(request, registry=wired.registry, trainers=wired.trainers, clock=now)
