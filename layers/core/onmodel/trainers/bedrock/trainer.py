"""The trainer `bedrock`: Nova Canvas by customization jobs and provisioned throughput."""

from __future__ import annotations

from typing import TYPE_CHECKING

from onmodel.contracts.bedrock import BASE_MODEL
from onmodel.contracts.deployments import DeploymentSpec, DeploymentState
from onmodel.contracts.operations import OurResource, ResourceKind
from onmodel.contracts.trainings import (
    Finding,
    LossPoint,
    TrainingNames,
    TrainingPlan,
    TrainingSpec,
    TrainingState,
)
from onmodel.errors import NotFound
from onmodel.ports.account import Account, Quotas
from onmodel.ports.machines import Clock
from onmodel.ports.storage import ObjectStore
from onmodel.ports.trainer import Deployer, Trainer
from onmodel.trainers.bedrock import jobs
from onmodel.trainers.bedrock.inventory import Inventory
from onmodel.trainers.bedrock.jobs import BedrockJobs
from onmodel.trainers.bedrock.names import BedrockNames
from onmodel.trainers.bedrock.preflight import BedrockPreflight
from onmodel.trainers.bedrock.rules import BedrockRules
from onmodel.trainers.bedrock.throughput import Throughput

if TYPE_CHECKING:
    from mypy_boto3_bedrock.client import BedrockClient


class BedrockTrainer(BedrockRules, Trainer, Deployer):
    """Nova Canvas: fine-tuned by a job, answering by provisioned throughput.

    Args:
        client: of bedrock, the control plane.
        stack: the stack's name; the prefix of all names and the value of the tag of ownership.
        region: of the client.
        role_arn: the role that Bedrock reads the dataset and writes its output with.
        store: the bucket of the output.
        account: reads the facts of buckets and roles.
        quotas: reads quotas.
        clock: for the end of a model's life.
        base_model: what is trained.
        private_arrangement: AWS has promised the base model beyond its public end.
    """

    def __init__(
        self,
        client: BedrockClient,
        *,
        stack: str,
        region: str,
        role_arn: str,
        store: ObjectStore,
        account: Account,
        quotas: Quotas,
        clock: Clock,
        base_model: str = BASE_MODEL,
        private_arrangement: bool = False,
    ) -> None:
        self._names = BedrockNames(stack)
        self._store = store
        self._jobs = BedrockJobs(client, self._names, base_model=base_model, role_arn=role_arn)
        self._throughput = Throughput(client, self._names)
        self._inventory = Inventory(client, self._names)
        self._preflight = BedrockPreflight(
            client=client,
            names=self._names,
            region=region,
            base_model=base_model,
            role_arn=role_arn,
            account=account,
            quotas=quotas,
            clock=clock,
            private_arrangement=private_arrangement,
        )

    @property
    def deployer(self) -> Deployer:
        return self

    def preflight(self, plan: TrainingPlan) -> tuple[Finding, ...]:
        return self._preflight.findings(plan)

    def names(self, production: str, training_id: str) -> TrainingNames:
        name = self._names.of(production, training_id)
        return TrainingNames(job=name, model=name)

    def start(self, spec: TrainingSpec) -> str:
        return self._jobs.start(spec)

    def find(self, production: str, training_id: str) -> str | None:
        return self._jobs.find(production, training_id)

    def describe(self, training_ref: str) -> TrainingState:
        return self._jobs.describe(training_ref)

    def stop_training(self, training_ref: str) -> None:
        self._jobs.stop(training_ref)

    def loss_curve(self, metrics_ref: str) -> tuple[LossPoint, ...]:
        folder = f"s3://{self._store.bucket}/"
        if not metrics_ref.startswith(folder):
            raise NotFound(f"{metrics_ref} is outside {folder}")
        return jobs.parse_bedrock_metrics(self._store.get(metrics_ref.removeprefix(folder)))

    def provision(self, spec: DeploymentSpec) -> str:
        return self._throughput.provision(spec)

    def find_deployment(self, production: str, deployment_id: str) -> str | None:
        return self._throughput.find(production, deployment_id)

    def describe_deployment(self, deployment_ref: str) -> DeploymentState:
        return self._throughput.describe(deployment_ref)

    def stop_deployment(self, deployment_ref: str) -> None:
        self._throughput.stop(deployment_ref)

    def delete_model(self, model_ref: str) -> None:
        self._jobs.delete_model(model_ref)

    def list_ours(self, *kinds: ResourceKind) -> tuple[OurResource, ...]:
        return self._inventory.ours(kinds or tuple(ResourceKind))

    def panel_model(self, deployment_ref: str) -> str:
        """InvokeModel takes the throughput's ARN as model id."""
        return deployment_ref
