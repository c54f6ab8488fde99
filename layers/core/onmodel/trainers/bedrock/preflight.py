"""Can this account, today, in this region, train the base model and call every model named?

Every check adds findings and none ends the others, so that all can be corrected together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from onmodel.adapters.faults import code_of, translated
from onmodel.adapters.foundation_models import BedrockModels
from onmodel.contracts.trainings import Finding, TrainingPlan
from onmodel.errors import ServiceError
from onmodel.ports.account import Account, Quotas
from onmodel.ports.machines import Clock
from onmodel.trainers.bedrock import hyperparameters
from onmodel.trainers.bedrock.limits import (
    LIMITS,
    QUOTA_MODEL_UNITS,
    QUOTA_SERVICE,
    TRAINING_REGIONS,
)
from onmodel.trainers.bedrock.names import BedrockNames
from onmodel.trainers.called_models import called_model_findings
from onmodel.trainers.findings import blocking, may_pass, size_findings, warning
from onmodel.trainers.ownership import STACK_LIMIT

if TYPE_CHECKING:
    from mypy_boto3_bedrock.client import BedrockClient

# After its end of life the call for a model fails: that is an answer, not a fault.
GONE = frozenset({"ResourceNotFoundException", "ValidationException"})


@dataclass(frozen=True)
class BedrockPreflight:
    """The checks and the services that they use.

    `private_arrangement`: AWS has promised this account the base model beyond its public end.
    """

    client: BedrockClient
    names: BedrockNames
    region: str
    base_model: str
    role_arn: str
    account: Account
    quotas: Quotas
    clock: Clock
    private_arrangement: bool = False

    def findings(self, plan: TrainingPlan) -> tuple[Finding, ...]:
        return (
            *self._region(),
            *self._base_model(),
            *called_model_findings(
                plan.other_models, BedrockModels(self.client), self.region, self.clock()
            ),
            *self._quota(),
            *self._role(),
            *(finding for bucket in plan.buckets for finding in self._bucket(bucket)),
            *self._names(),
            *hyperparameters.bedrock_value_faults(plan.hyperparameters),
            *size_findings(plan.records, LIMITS.dataset),
        )

    def _region(self) -> Iterator[Finding]:
        if self.region not in TRAINING_REGIONS:
            yield blocking(
                "region",
                f"{self.base_model} cannot be trained in {self.region}",
                f"Deploy this stack in {', '.join(sorted(TRAINING_REGIONS))}.",
            )

    def _base_model(self) -> Iterator[Finding]:
        looked = self._look()
        if isinstance(looked, Finding):
            yield looked
            return
        yield from self._lifecycle(looked)
        if "FINE_TUNING" not in looked.get("customizationsSupported", []):
            yield blocking(
                "base-model-not-trainable",
                f"{self.base_model} cannot be fine-tuned in {self.region}",
                "Choose another base model or trainer.",
            )
        if "PROVISIONED" not in looked.get("inferenceTypesSupported", []):
            yield blocking(
                "base-model-not-deployable",
                f"{self.base_model} cannot be given provisioned throughput in {self.region}",
                "Choose another base model or trainer.",
            )

    def _look(self) -> dict[str, Any] | Finding:
        with translated():
            try:
                answer = self.client.get_foundation_model(modelIdentifier=self.base_model)
            except ClientError as fault:
                if code_of(fault) in GONE:
                    return blocking(
                        "base-model-gone",
                        f"{self.base_model} does not exist in {self.region} (any more)",
                        "Choose another model; AWS lists them under model lifecycle.",
                    )
                if code_of(fault) == "AccessDeniedException":
                    return blocking(
                        "base-model-denied",
                        f"this account may not read the facts of {self.base_model}",
                        "Allow bedrock:GetFoundationModel and ask for access to the model.",
                    )
                raise
        return dict(answer["modelDetails"])

    def _lifecycle(self, looked: dict[str, Any]) -> Iterator[Finding]:
        lifecycle = looked.get("modelLifecycle", {})
        end: datetime | None = lifecycle.get("endOfLifeTime")
        if end is not None and end <= self.clock():
            yield Finding(
                code="base-model-ended",
                blocking=not self.private_arrangement,
                reason=f"AWS ended {self.base_model} on {end:%Y-%m-%d}",
                advice="Only a private arrangement with AWS keeps it; choose another model.",
            )
        elif lifecycle.get("status") == "LEGACY":
            until = f" and ends on {end:%Y-%m-%d}" if end else ""
            yield Finding(
                code="base-model-legacy",
                blocking=not self.private_arrangement,
                reason=f"{self.base_model} is a legacy model{until}; it takes no new training and"
                " no new throughput",
                advice="Choose another model.",
            )

    def _quota(self) -> Iterator[Finding]:
        try:
            units = self.quotas.value(QUOTA_SERVICE, QUOTA_MODEL_UNITS)
        except ServiceError as fault:
            if may_pass(fault):
                raise
            units = None
        if units is None:
            yield warning(
                "quota-unknown",
                f"the quota {QUOTA_MODEL_UNITS} cannot be read",
                "See in Service Quotas whether a model unit without commitment is allowed.",
            )
        elif units < 1:
            yield blocking(
                "quota",
                "this account may use no model unit without commitment, so that a trained model"
                " could not be deployed",
                f"Ask in Service Quotas for {QUOTA_MODEL_UNITS} (no-commitment model units across"
                " custom models); it takes days.",
            )

    def _role(self) -> Iterator[Finding]:
        try:
            trusts = self.account.role_trusts(self.role_arn, "bedrock.amazonaws.com")
        except ServiceError as fault:
            if may_pass(fault):
                raise
            yield warning(
                "role-unknown",
                f"the role {self.role_arn} cannot be read",
                "Allow iam:GetRole.",
            )
            return
        if not trusts:
            state = "does not exist" if trusts is None else "does not trust bedrock.amazonaws.com"
            yield blocking("role", f"the role {self.role_arn} {state}", "Deploy this stack again.")

    def _bucket(self, bucket: str) -> Iterator[Finding]:
        try:
            region = self.account.bucket_region(bucket)
        except ServiceError as fault:
            if may_pass(fault):
                raise
            yield warning(
                "bucket-unknown", f"the bucket {bucket} cannot be read", "Allow s3:ListBucket."
            )
            return
        if region != self.region:
            where = f"is in {region}" if region else "does not exist"
            yield blocking(
                "bucket",
                f"the bucket {bucket} {where}; Bedrock reads it in {self.region} only",
                "Deploy this stack again in the region of the model.",
            )

    def _names(self) -> Iterator[Finding]:
        if not self.names.is_exact:
            yield blocking(
                "names",
                f"the stack's name {self.names.stack} does not fit into Bedrock's names",
                f"Deploy under a name of at most {STACK_LIMIT} letters, digits and single hyphens.",
            )
