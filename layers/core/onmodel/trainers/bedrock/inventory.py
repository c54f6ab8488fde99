"""Lists jobs, models and throughput of this stack at Bedrock, with or without a row."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from onmodel.adapters.faults import translated
from onmodel.contracts.operations import OurResource, ResourceKind
from onmodel.errors import AccessDenied, NotFound, ServiceError
from onmodel.trainers.bedrock.names import BedrockNames

if TYPE_CHECKING:
    from mypy_boto3_bedrock.client import BedrockClient


class Inventory:
    """The inventory of one account and region.

    The tags of all throughput are read, because it costs most; jobs and models are first filtered
    by name.
    """

    def __init__(self, client: BedrockClient, names: BedrockNames) -> None:
        self._client = client
        self._names = names

    def ours(self, kinds: Collection[ResourceKind]) -> tuple[OurResource, ...]:
        """Everything of these kinds. Raises AccessDenied when a list is denied."""
        lists = {
            ResourceKind.DEPLOYMENT: self._deployments,
            ResourceKind.TRAINING: self._trainings,
            ResourceKind.MODEL: self._models,
        }
        with translated():
            listed = [found for kind, each in lists.items() if kind in kinds for found in each()]
        return tuple(found for found in listed if self._is_ours(found))

    def _is_ours(self, found: OurResource) -> bool:
        try:
            with translated():
                answer = self._client.list_tags_for_resource(resourceARN=found.ref)
        except NotFound:  # deleted since it was listed
            return False
        except AccessDenied as fault:  # the service itself is not denied: it was listed
            raise ServiceError(f"The tags of {found.ref} cannot be read: {fault}") from fault
        tags = {tag["key"]: tag["value"] for tag in answer.get("tags", [])}
        return self._names.is_ours(found.name, tags)

    def _deployments(self) -> Iterator[OurResource]:
        pages = self._client.get_paginator("list_provisioned_model_throughputs")
        for page in pages.paginate():
            for item in page["provisionedModelSummaries"]:
                yield OurResource(
                    kind=ResourceKind.DEPLOYMENT,
                    ref=item["provisionedModelArn"],
                    name=item["provisionedModelName"],
                    status=item["status"],
                    billing="hour",  # also if failed: AWS does not document it as free
                    created_at=item["creationTime"],
                )

    def _trainings(self) -> Iterator[OurResource]:
        pages = self._client.get_paginator("list_model_customization_jobs")
        for status in ("InProgress", "Stopping"):
            for page in pages.paginate(statusEquals=status, nameContains=self._names.needle):
                for item in page["modelCustomizationJobSummaries"]:
                    yield OurResource(
                        kind=ResourceKind.TRAINING,
                        ref=item["jobArn"],
                        name=item["jobName"],
                        status=item["status"],
                        billing="work",
                        created_at=item["creationTime"],
                    )

    def _models(self) -> Iterator[OurResource]:
        pages = self._client.get_paginator("list_custom_models")
        for page in pages.paginate(isOwned=True, nameContains=self._names.needle):
            for item in page["modelSummaries"]:
                yield OurResource(
                    kind=ResourceKind.MODEL,
                    ref=item["modelArn"],
                    name=item["modelName"],
                    status=item.get("modelStatus", "Active"),
                    billing="month",
                    created_at=item["creationTime"],
                )
