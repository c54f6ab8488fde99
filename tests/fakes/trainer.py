"""Trainers in memory; a test moves their states."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

from fakes.clock import FixedClock

from onmodel.contracts.base import Options, Usage
from onmodel.contracts.deployments import DeploymentSpec, DeploymentState, DeploymentStatus
from onmodel.contracts.operations import OurResource, ResourceKind
from onmodel.contracts.trainings import (
    Finding,
    LossPoint,
    StandingItems,
    TrainingNames,
    TrainingPlan,
    TrainingSpec,
    TrainingState,
    TrainingStatus,
    Work,
)
from onmodel.errors import AnswerRefused, Conflict, NotFound, TrainingImpossible
from onmodel.ports.machines import Clock
from onmodel.ports.trainer import Deployer, Trainer, TrainerRules
from onmodel.trainers.bedrock.limits import DEPLOYMENT_HOUR, MODEL_MONTH, TRAINING_IMAGE
from onmodel.trainers.bedrock.rules import BedrockRules

RulesT = TypeVar("RulesT", bound=TrainerRules)


class Only(Mapping[str, RulesT]):
    """One trainer, under every name that a row may have."""

    def __init__(self, trainer: RulesT) -> None:
        self._trainer = trainer

    def __getitem__(self, name: str) -> RulesT:
        return self._trainer

    def __iter__(self) -> Iterator[str]:
        return iter([self._trainer.name])

    def __len__(self) -> int:
        return 1


class InMemoryService(Trainer, Deployer):
    """The service of a trainer whose rules another class gives.

    Refs read `training/<name>`, `model/<name>`, `deployment/<name>`.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or FixedClock()
        self.findings: tuple[Finding, ...] = ()
        self.specs: dict[str, TrainingSpec] = {}
        self.trainings: dict[str, TrainingState] = {}
        self.models: set[str] = set()
        self.deployments: dict[str, DeploymentState] = {}
        self.metrics: dict[str, tuple[LossPoint, ...]] = {}
        self.quota = 1

    @property
    def deployer(self) -> Deployer | None:
        return self

    def preflight(self, plan: TrainingPlan) -> tuple[Finding, ...]:
        return self.findings

    def names(self, production: str, training_id: str) -> TrainingNames:
        name = f"{production}-{training_id}"
        return TrainingNames(job=name, model=name)

    def start(self, spec: TrainingSpec) -> str:
        ref = f"training/{spec.production}-{spec.training_id}"
        if ref not in self.trainings:
            if any(finding.blocking for finding in self.findings):
                raise TrainingImpossible(self.findings[0].reason, self.findings[0].advice)
            self.specs[ref] = spec
            self.trainings[ref] = TrainingState(
                training_ref=ref,
                status=TrainingStatus.IN_PROGRESS,
                name=ref.removeprefix("training/"),
                created_at=self._clock(),
            )
        return ref

    def find(self, production: str, training_id: str) -> str | None:
        ref = f"training/{production}-{training_id}"
        return ref if ref in self.trainings else None

    def describe(self, training_ref: str) -> TrainingState:
        gone = TrainingState(training_ref=training_ref, status=TrainingStatus.GONE)
        return self.trainings.get(training_ref, gone)

    def stop_training(self, training_ref: str) -> None:
        if self.describe(training_ref).status == TrainingStatus.IN_PROGRESS:
            self.end(training_ref, TrainingStatus.STOPPING)

    def loss_curve(self, metrics_ref: str) -> tuple[LossPoint, ...]:
        if metrics_ref not in self.metrics:
            raise NotFound(metrics_ref)
        if not self.metrics[metrics_ref]:
            raise AnswerRefused(f"{metrics_ref} makes no sense")
        return self.metrics[metrics_ref]

    def provision(self, spec: DeploymentSpec) -> str:
        ref = f"deployment/{spec.production}-{spec.deployment_id}"
        if ref in self.deployments:
            if self.deployments[ref].model_ref != spec.model_ref:
                raise Conflict(f"{ref} answers with another model")
            return ref
        if spec.model_ref not in self.models:
            raise NotFound(spec.model_ref)
        if len(self.deployments) >= self.quota:
            raise TrainingImpossible("no model unit is free", "Ask for more")
        self.deployments[ref] = DeploymentState(
            deployment_ref=ref,
            status=DeploymentStatus.CREATING,
            name=ref.removeprefix("deployment/"),
            model_ref=spec.model_ref,
            units=spec.units,
            created_at=self._clock(),
        )
        return ref

    def find_deployment(self, production: str, deployment_id: str) -> str | None:
        ref = f"deployment/{production}-{deployment_id}"
        return ref if ref in self.deployments else None

    def describe_deployment(self, deployment_ref: str) -> DeploymentState:
        gone = DeploymentState(deployment_ref=deployment_ref, status=DeploymentStatus.GONE)
        return self.deployments.get(deployment_ref, gone)

    def stop_deployment(self, deployment_ref: str) -> None:
        self.deployments.pop(deployment_ref, None)

    def delete_model(self, model_ref: str) -> None:
        if any(state.model_ref == model_ref for state in self.deployments.values()):
            raise Conflict(f"{model_ref} is deployed")
        self.models.discard(model_ref)

    def list_ours(self, *kinds: ResourceKind) -> tuple[OurResource, ...]:
        return tuple(found for found in self._ours() if not kinds or found.kind in kinds)

    def _ours(self) -> tuple[OurResource, ...]:
        """Made of the very states above."""
        now = self._clock()
        running = [state for state in self.trainings.values() if not state.status.is_over]
        return (
            *(
                OurResource(kind=ResourceKind.DEPLOYMENT, ref=ref, name=ref, status=state.status,
                            billing="hour", created_at=state.created_at or now)
                for ref, state in self.deployments.items()
            ),
            *(
                OurResource(kind=ResourceKind.TRAINING, ref=state.training_ref,
                            name=state.name or "", status=state.status, billing="work",
                            created_at=state.created_at or now)
                for state in running
            ),
            *(
                OurResource(kind=ResourceKind.MODEL, ref=ref, name=ref, status="active",
                            billing="month", created_at=now)
                for ref in sorted(self.models)
            ),
        )  # fmt: skip

    def panel_model(self, deployment_ref: str) -> str:
        return deployment_ref

    # ── what a test does to it ──

    def complete(self, training_ref: str) -> str:
        name = training_ref.removeprefix("training/")
        model, metrics = f"model/{name}", f"metrics/{name}"
        self.models.add(model)
        self.metrics[metrics] = (LossPoint(step=1, loss=0.9), LossPoint(step=2, loss=0.5))
        self.trainings[training_ref] = self.trainings[training_ref].model_copy(
            update={
                "status": TrainingStatus.COMPLETED,
                "model_ref": model,
                "metrics_ref": metrics,
                "ended_at": self._clock(),
            }
        )
        return model

    def end(self, training_ref: str, status: TrainingStatus, reason: str | None = None) -> None:
        self.trainings[training_ref] = self.trainings[training_ref].model_copy(
            update={"status": status, "reason": reason}
        )

    def move(self, deployment_ref: str, status: DeploymentStatus) -> None:
        self.deployments[deployment_ref] = self.deployments[deployment_ref].model_copy(
            update={"status": status}
        )


class InMemoryTrainer(InMemoryService, BedrockRules):
    """Bedrock's rules; its work has prices of its own."""

    name = "memory"
    items = StandingItems(model_month="memory.model-month", deployment_hour="memory.unit-hour")

    def training_work(self, values: Options) -> Work:
        return _renamed(super().training_work(values))

    def deployment_work(self, hours: float, provision_minutes: float) -> Work:
        return _renamed(super().deployment_work(hours, provision_minutes))


OWN_ITEMS = {
    TRAINING_IMAGE: "memory.training-image",
    MODEL_MONTH: "memory.model-month",
    DEPLOYMENT_HOUR: "memory.unit-hour",
}


def _renamed(work: Work) -> Work:
    def renamed(usage: tuple[Usage, ...]) -> tuple[Usage, ...]:
        return tuple(use.model_copy(update={"item": OWN_ITEMS[use.item]}) for use in usage)

    return work.model_copy(update={"usage": renamed(work.usage), "usual": renamed(work.usual)})
