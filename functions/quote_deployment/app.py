"""DrawStoryboard: quote the deployment of a model for the storyboard."""

from onmodel.contracts.storyboards import DeploymentQuoted, QuoteDeploymentRequest
from onmodel.environment import Buckets, DeploymentLimits
from onmodel.handler import lambda_handler
from onmodel.steps.quote_deployment import quote_deployment
from onmodel.wiring import services

wired = services(Buckets, DeploymentLimits)


@lambda_handler(QuoteDeploymentRequest)
def handler(request: QuoteDeploymentRequest) -> DeploymentQuoted:
    limits = wired.environment.read(DeploymentLimits)
    return quote_deployment(
        request,
        studio=wired.studio,
        rules=wired.trainer_rules,
        prices=wired.prices,
        longest_hours=limits.deployment_hours,
        provision_minutes=limits.provision_minutes,
    )
