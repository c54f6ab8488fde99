"""DrawStoryboard: what does the job cost, and must a person agree?"""

from onmodel.contracts.storyboards import DrawingQuoted, QuoteDeploymentRequest
from onmodel.environment import SpendLimit
from onmodel.handler import lambda_handler
from onmodel.steps.quote_drawing import quote_drawing
from onmodel.wiring import services

wired = services(SpendLimit)


@lambda_handler(QuoteDeploymentRequest)
def handler(request: QuoteDeploymentRequest) -> DrawingQuoted:
    return quote_drawing(
        request,
        rules=wired.trainer_rules,
        prices=wired.prices,
        spend_limit_usd=wired.environment.read(SpendLimit).spend_limit_usd,
    )
