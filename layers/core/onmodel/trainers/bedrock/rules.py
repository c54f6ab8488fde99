"""What the trainer `bedrock` takes, makes and costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta

from onmodel.contracts.base import Options
from onmodel.contracts.bedrock import PRESETS
from onmodel.contracts.datasets import CaptionedPicture, PictureFacts, Violation
from onmodel.contracts.drawings import TUNED, Arm
from onmodel.contracts.operations import ResourceKind
from onmodel.contracts.settings import TrainingSettings
from onmodel.contracts.storyboards import Storyboard
from onmodel.contracts.trainings import DatasetSize, Finding, LabelledValue, Work
from onmodel.ports.trainer import DeployerRules, TrainerRules
from onmodel.trainers.bedrock import billing, hyperparameters, manifest
from onmodel.trainers.bedrock.limits import ITEMS, LIMITS
from onmodel.trainers.texts import characters_fault


class BedrockRules(TrainerRules, DeployerRules):
    """The rules of Nova Canvas; its models are deployed and draw panel after panel."""

    name = "bedrock"
    limits = LIMITS
    items = ITEMS
    arms: tuple[Arm, ...] = (TUNED,)
    kinds = (ResourceKind.TRAINING, ResourceKind.MODEL, ResourceKind.DEPLOYMENT)
    presets: Mapping[str, Options] = {name: values.model_dump() for name, values in PRESETS.items()}

    on_a_local_stack = (
        "the training and the drawing by Bedrock are simulated, and AWS itself ended Nova Canvas on"
        " 2026-09-30"
    )

    @property
    def deployer(self) -> DeployerRules:
        return self

    @property
    def drawing_jobs(self) -> None:
        return None

    def hyperparameters(
        self, training: TrainingSettings, dataset: DatasetSize | None = None
    ) -> Options:
        return hyperparameters.bedrock_values(training)

    def hyperparameter_faults(self, values: Options) -> tuple[Finding, ...]:
        return tuple(hyperparameters.bedrock_value_faults(values))

    def described(self, values: Options) -> tuple[LabelledValue, ...]:
        return hyperparameters.described_for_bedrock(values)

    def training_work(self, values: Options) -> Work:
        return billing.bedrock_training_work(values)

    def deployment_work(self, hours: float, provision_minutes: float) -> Work:
        return billing.deployment_work(hours, provision_minutes)

    def billed_hours(self, lived: timedelta) -> float:
        return billing.billed_hours(lived)

    def panel_options(self, storyboard: Storyboard) -> Options:
        return storyboard.bedrock.model_dump()

    def described_panels(self, storyboard: Storyboard) -> str:
        return f"{storyboard.bedrock.quality}, cfg {storyboard.bedrock.cfg_scale:g}"

    def text_fault(self, text: str) -> str | None:
        return characters_fault(text, LIMITS.panel.max_text_characters)

    def export(self, pictures: Iterable[CaptionedPicture]) -> bytes:
        return manifest.bedrock_manifest(pictures)

    def manifest_violations(
        self, lines: bytes, pictures: Mapping[str, PictureFacts], *, name: str
    ) -> tuple[Violation, ...]:
        return manifest.bedrock_manifest_violations(lines, pictures, name=name)
