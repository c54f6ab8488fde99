"""DrawStoryboard: what deploying a model for it will cost."""

from onmodel.contracts.storyboards import DeploymentQuoted, QuoteDeploymentRequest
from onmodel.handler import entry
from onmodel.steps.quote_deployment import quote_deployment
from onmodel.wiring import services


@entry(QuoteDeploymentRequest)
def handler(request: QuoteDeploymentRequest) -> DeploymentQuoted:
    wired = services()
    return quote_deployment(
        request,
        studio=wired.studio,
        trainer=wired.trainer_rules,
        prices=wired.prices,
        longest_hours=wired.environment.deployment_hours,
    )
