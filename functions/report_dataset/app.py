"""TrainModel: make the dataset's page."""

from onmodel.contracts.datasets import DatasetRequest
from onmodel.environment import Buckets, RegistryTable, StackName
from onmodel.handler import lambda_handler
from onmodel.observability import publish
from onmodel.steps.report_dataset import report_dataset
from onmodel.wiring import now, services

wired = services(Buckets, RegistryTable, StackName)


@lambda_handler(DatasetRequest)
def handler(request: DatasetRequest) -> None:
    publish(
        report_dataset(
            request,
            registry=wired.registry,
            studio=wired.studio,
            prices=wired.prices,
            clock=now,
            stack_options=wired.stack_options,
        )
    )
