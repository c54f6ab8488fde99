"""DeployModel: draw the training's loss curve."""

from onmodel.contracts.deployments import ClaimRequest
from onmodel.environment import Buckets, RegistryTable, SageMakerVariables, TrainerResources
from onmodel.handler import lambda_handler
from onmodel.steps.draw_loss_curve import draw_loss_curve
from onmodel.wiring import now, services

wired = services(Buckets, RegistryTable, SageMakerVariables, TrainerResources)


@lambda_handler(ClaimRequest)
def handler(request: ClaimRequest) -> None:
    draw_loss_curve(
        request,
        registry=wired.registry,
        studio=wired.studio,
        trainers=wired.trainers,
        clock=now,
        notices_of=wired.notices,
    )
