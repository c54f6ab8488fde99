"""TrainModel: draw the dataset's page."""

from onmodel.contracts.datasets import DatasetRequest
from onmodel.handler import entry
from onmodel.observability import publish
from onmodel.steps.report_dataset import report_dataset
from onmodel.wiring import now, services


@entry(DatasetRequest)
def handler(request: DatasetRequest) -> None:
    wired = services()
    publish(
        report_dataset(
            request,
            registry=wired.registry,
            studio=wired.studio,
            prices=wired.prices,
            clock=now,
        )
    )
