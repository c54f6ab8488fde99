"""DeployModel: draw how the training's loss fell."""

from onmodel.contracts.deployments import ClaimRequest
from onmodel.handler import entry
from onmodel.steps.draw_loss_curve import draw_loss_curve
from onmodel.wiring import now, services


@entry(ClaimRequest)
def handler(request: ClaimRequest) -> None:
    wired = services()
    draw_loss_curve(
        request,
        registry=wired.registry,
        studio=wired.studio,
        trainer=wired.trainer,
        clock=now,
        notices=wired.notices,
    )
