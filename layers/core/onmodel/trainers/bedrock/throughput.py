"""Provisioned throughput: deploys a model, without commitment, billed by the hour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from onmodel.adapters.faults import code_of, translated
from onmodel.contracts.deployments import DeploymentSpec, DeploymentState, DeploymentStatus
from onmodel.errors import Conflict, NotFound, TrainingImpossible
from onmodel.trainers.bedrock.limits import QUOTA_MODEL_UNITS
from onmodel.trainers.bedrock.names import BedrockNames

if TYPE_CHECKING:
    from mypy_boto3_bedrock.client import BedrockClient

STATUSES = {
    "Creating": DeploymentStatus.CREATING,
    "InService": DeploymentStatus.IN_SERVICE,
    "Updating": DeploymentStatus.UPDATING,
    "Failed": DeploymentStatus.FAILED,
}
REFUSALS = frozenset({"AccessDeniedException", "TooManyTagsException", "ValidationException"})


class Throughput:
    def __init__(self, client: BedrockClient, names: BedrockNames) -> None:
        self._client = client
        self._names = names

    def provision(self, spec: DeploymentSpec) -> str:
        name = self._names.of(spec.production, spec.deployment_id)
        standing = self.find(spec.production, spec.deployment_id)
        if standing is None:
            standing = self._create(name, spec)
        state = self.describe(standing)
        if state.model_ref not in {None, spec.model_ref}:
            raise Conflict(f"{name} answers with another model: {state.model_ref}")
        return standing

    def _create(self, name: str, spec: DeploymentSpec) -> str:
        token = self._names.token(spec.production, spec.deployment_id, "deployment")
        with translated():
            try:
                # No commitmentDuration: a commitment could not be deleted before its term.
                return self._client.create_provisioned_model_throughput(
                    clientRequestToken=token,
                    modelUnits=spec.units,
                    provisionedModelName=name,
                    modelId=spec.model_ref,
                    tags=self._names.tags(spec.production, spec.deployment_id),  # type: ignore[arg-type]
                )["provisionedModelArn"]
            except ClientError as fault:
                if code_of(fault) == "ServiceQuotaExceededException":
                    raise TrainingImpossible(
                        f"this account may not use a model unit without commitment: {fault}",
                        f"Ask AWS to raise the quota {QUOTA_MODEL_UNITS} (no-commitment model"
                        " units across custom models)",
                    ) from fault
                if code_of(fault) in REFUSALS:
                    raise TrainingImpossible(
                        f"Bedrock refuses to deploy {name}: {fault}",
                        "Change what it names and deploy again",
                    ) from fault
                raise

    def find(self, production: str, deployment_id: str) -> str | None:
        """Throughput by its exact name: `nameContains` also returns others."""
        name = self._names.of(production, deployment_id)
        pages = self._client.get_paginator("list_provisioned_model_throughputs")
        with translated():
            for page in pages.paginate(nameContains=name):
                for found in page["provisionedModelSummaries"]:
                    if found["provisionedModelName"] == name:
                        return found["provisionedModelArn"]
        return None

    def describe(self, deployment_ref: str) -> DeploymentState:
        try:
            with translated():
                found = self._client.get_provisioned_model_throughput(
                    provisionedModelId=deployment_ref
                )
        except NotFound:
            return DeploymentState(deployment_ref=deployment_ref, status=DeploymentStatus.GONE)
        return DeploymentState(
            deployment_ref=deployment_ref,
            status=STATUSES[found["status"]],
            name=found["provisionedModelName"],
            reason=found.get("failureMessage"),
            model_ref=found["modelArn"],
            units=found["modelUnits"],
            created_at=found["creationTime"],
        )

    def stop(self, deployment_ref: str) -> None:
        """Raises Conflict while it cannot be deleted yet: try again."""
        try:
            with translated():
                self._delete(deployment_ref)
        except NotFound:
            return

    def _delete(self, deployment_ref: str) -> None:
        try:
            self._client.delete_provisioned_model_throughput(provisionedModelId=deployment_ref)
        except ClientError as fault:
            if code_of(fault) != "ValidationException":
                raise
            # While it is being created, the refusal has the code of an invalid request.
            raise Conflict(f"{deployment_ref} cannot be deleted yet: {fault}") from fault
