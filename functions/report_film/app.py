"""PrepareFilm: sum the run up and draw its report."""

from onmodel.contracts.films import RunRequest
from onmodel.handler import entry
from onmodel.observability import publish
from onmodel.steps.report_film import report_film
from onmodel.wiring import now, services


@entry(RunRequest)
def handler(request: RunRequest) -> None:
    wired = services()
    publish(
        report_film(
            request,
            studio=wired.studio,
            prices=wired.prices,
            clock=now,
            notices=wired.notices,
        )
    )
