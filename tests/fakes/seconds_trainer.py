"""A trainer that shares nothing with Bedrock: what the pipeline may not take for granted.

Other limits, other hyperparameters, a manifest of tab-separated lines, billed by the second.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta

from fakes.trainer import InMemoryService

from onmodel.contracts.base import Options, Usage
from onmodel.contracts.datasets import CaptionedPicture, PictureFacts, Violation
from onmodel.contracts.drawings import TUNED, Arm
from onmodel.contracts.operations import ResourceKind
from onmodel.contracts.settings import TrainingSettings
from onmodel.contracts.storyboards import Storyboard
from onmodel.contracts.trainings import (
    DatasetLimits,
    DatasetSize,
    Finding,
    LabelledValue,
    PanelLimits,
    StandingItems,
    TrainerLimits,
    Work,
)
from onmodel.ports.trainer import DeployerRules, TrainerRules
from onmodel.trainers.pictures import picture_faults
from onmodel.trainers.texts import characters_fault

TRAINING_SECOND, DEPLOYED_SECOND = "seconds.training-second", "seconds.deployed-second"
PRICES = {TRAINING_SECOND: "0.001", DEPLOYED_SECOND: "0.0005"}
SECONDS_PER_STEP = 2


class SecondsRules(TrainerRules, DeployerRules):
    name = "seconds"
    limits = TrainerLimits(
        dataset=DatasetLimits(
            min_records=2,
            max_records=6,
            min_caption_characters=10,
            max_caption_characters=70,
            formats=("jpeg", "jpg"),
            max_picture_bytes=1_000_000,
            min_side=256,
            max_side=1024,
            max_pixels=1_048_576,
            max_aspect=2.0,
        ),
        panel=PanelLimits(
            max_text_characters=400,
            min_side=256,
            max_side=1024,
            side_multiple=32,
            max_aspect=2.0,
            max_images=4,
            max_seed=9_999,
        ),
    )
    items = StandingItems()  # models and deployments cost nothing while nobody uses them
    arms: tuple[Arm, ...] = (TUNED,)
    presets: Mapping[str, Options] = {"default": {"epochs": 10, "rank": 16, "precision": "bf16"}}

    kinds = (ResourceKind.TRAINING, ResourceKind.MODEL, ResourceKind.DEPLOYMENT)
    on_a_local_stack = "this trainer lives in memory"

    @property
    def deployer(self) -> DeployerRules:
        return self

    @property
    def drawing_jobs(self) -> None:
        return None

    def hyperparameters(
        self, training: TrainingSettings, dataset: DatasetSize | None = None
    ) -> Options:
        return dict(self.presets["default"])

    def hyperparameter_faults(self, values: Options) -> tuple[Finding, ...]:
        if values.keys() == {"epochs", "rank", "precision"} and 1 <= int(values["epochs"]) <= 100:
            return ()
        advice = "Choose other values."
        return (
            Finding(code="hyperparameters", blocking=True, reason=f"not {values}", advice=advice),
        )

    def described(self, values: Options) -> tuple[LabelledValue, ...]:
        return (LabelledValue(value=str(values["epochs"]), label="passes over the dataset"),)

    def training_work(self, values: Options) -> Work:
        steps = int(values["epochs"]) * self.limits.dataset.max_records
        return Work(
            usage=(Usage(item=TRAINING_SECOND, paid=steps * SECONDS_PER_STEP),),
            assumptions=(f"{SECONDS_PER_STEP} s a step",),
        )

    def deployment_work(self, hours: float, provision_minutes: float) -> Work:
        return Work(usage=(Usage(item=DEPLOYED_SECOND, paid=hours * 3600),))

    def billed_hours(self, lived: timedelta) -> float:
        return lived.total_seconds() / 3600

    def panel_options(self, storyboard: Storyboard) -> Options:
        return {"guidance": 3.5, "sampler": "euler"}

    def described_panels(self, storyboard: Storyboard) -> str:
        return "guidance 3.5"

    def text_fault(self, text: str) -> str | None:
        return characters_fault(text, self.limits.panel.max_text_characters)

    def export(self, pictures: Iterable[CaptionedPicture]) -> bytes:
        """A line a picture: its address, a tab, its caption."""
        return "".join(f"{one.uri}\t{one.caption}\n" for one in pictures).encode()

    def manifest_violations(
        self, lines: bytes, pictures: Mapping[str, PictureFacts], *, name: str
    ) -> tuple[Violation, ...]:
        rows = lines.decode(errors="replace").splitlines()
        found = [
            Violation(line=number, rule=rule, detail=detail)
            for number, row in enumerate(rows, 1)
            for rule, detail in self._faults(row, pictures)
        ]
        if not self.limits.dataset.min_records <= len(rows) <= self.limits.dataset.max_records:
            found.append(Violation(line=None, rule="records", detail=f"{len(rows)} records"))
        return tuple(found)

    def _faults(self, row: str, pictures: Mapping[str, PictureFacts]) -> Iterator[tuple[str, str]]:
        uri, tab, caption = row.partition("\t")
        least = self.limits.dataset.min_caption_characters
        most = self.limits.dataset.max_caption_characters
        if not tab:
            yield "form", "has no tab"
        elif uri not in pictures:
            yield "missing", f"{uri} was not found"
        elif not least <= len(caption) <= most:
            yield "caption", f"the caption has {len(caption)} characters, not {least} to {most}"
        else:
            yield from picture_faults(pictures[uri], self.limits.dataset)


class SecondsTrainer(InMemoryService, SecondsRules):
    """Those rules with a service in memory."""
