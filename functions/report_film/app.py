"""PrepareFilm: summarize the run and make its report."""

from onmodel.contracts.films import RunRequest
from onmodel.environment import Buckets, StackName
from onmodel.handler import lambda_handler
from onmodel.observability import publish
from onmodel.steps.report_film import report_film
from onmodel.wiring import now, services

wired = services(Buckets, StackName)


@lambda_handler(RunRequest)
def handler(request: RunRequest) -> None:
    publish(
        report_film(
            request,
            studio=wired.studio,
            prices=wired.prices,
            clock=now,
            notices=wired.notices(),
            stack_options=wired.stack_options,
        )
    )
