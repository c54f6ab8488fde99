"""What the trainer `sagemaker` takes, makes and costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from onmodel.contracts.base import Options
from onmodel.contracts.datasets import CaptionedPicture, PictureFacts, Violation
from onmodel.contracts.drawings import Arm
from onmodel.contracts.operations import ResourceKind
from onmodel.contracts.sagemaker import SageMakerDrawingOptions, SageMakerTrainingSettings
from onmodel.contracts.settings import TrainingSettings
from onmodel.contracts.storyboards import Storyboard
from onmodel.contracts.trainings import DatasetSize, Finding, LabelledValue, Work
from onmodel.ports.trainer import DrawingRules, TrainerRules
from onmodel.trainers.sagemaker import billing, hyperparameters, manifest
from onmodel.trainers.sagemaker.limits import ITEMS, LIMITS
from onmodel.trainers.sagemaker.tokens import tokens_fault
from onmodel.trainers.texts import characters_fault


class SageMakerRules(TrainerRules, DrawingRules):
    """The rules of a LoRA of FLUX.2 klein. Its models are not deployed: jobs draw with them."""

    name = "sagemaker"
    limits = LIMITS
    items = ITEMS
    arms: tuple[Arm, ...] = ("tuned", "references", "base")
    kinds = (ResourceKind.TRAINING, ResourceKind.DRAWING, ResourceKind.PREPARATION)
    presets: Mapping[str, Options] = {
        "default": hyperparameters.sagemaker_values(SageMakerTrainingSettings(), None)
    }
    on_a_local_stack = (
        "SageMaker jobs run as processes on this machine, with a tiny model unless real weights"
        " are given"
    )

    @property
    def deployer(self) -> None:
        return None

    @property
    def drawing_jobs(self) -> DrawingRules:
        return self

    def hyperparameters(
        self, training: TrainingSettings, dataset: DatasetSize | None = None
    ) -> Options:
        return hyperparameters.sagemaker_values(training.sagemaker, dataset)

    def hyperparameter_faults(self, values: Options) -> tuple[Finding, ...]:
        return tuple(hyperparameters.sagemaker_value_faults(values))

    def described(self, values: Options) -> tuple[LabelledValue, ...]:
        return hyperparameters.described_for_sagemaker(values)

    def training_work(self, values: Options) -> Work:
        return billing.sagemaker_training_work(values)

    def panel_options(self, storyboard: Storyboard) -> Options:
        return storyboard.sagemaker.model_dump()

    def described_panels(self, storyboard: Storyboard) -> str:
        return f"{storyboard.sagemaker.steps} steps, guidance {storyboard.sagemaker.guidance:g}"

    def text_fault(self, text: str) -> str | None:
        return characters_fault(text, LIMITS.panel.max_text_characters) or tokens_fault(text)

    def drawing_options(self, storyboard: Storyboard, training: TrainingSettings) -> Options:
        return SageMakerDrawingOptions(
            **storyboard.sagemaker.model_dump(),
            instances=",".join(training.sagemaker.instances),
            pixels=storyboard.size[0] * storyboard.size[1],
        ).model_dump()

    def drawing_work(self, pictures: Mapping[Arm, int], options: Options) -> Work:
        return billing.drawing_work(pictures, options)

    def export(self, pictures: Iterable[CaptionedPicture]) -> bytes:
        return manifest.sagemaker_manifest(pictures)

    def manifest_violations(
        self, lines: bytes, pictures: Mapping[str, PictureFacts], *, name: str
    ) -> tuple[Violation, ...]:
        return manifest.sagemaker_manifest_violations(lines, pictures)
