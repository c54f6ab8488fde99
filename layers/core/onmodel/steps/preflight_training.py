"""Check whether this account can train and deploy today, before time and money are spent."""

from __future__ import annotations

from dataclasses import dataclass

from onmodel.contracts.generations import GenerationRequest, Preflight, PreflightTrainingRequest
from onmodel.contracts.settings import AllowedModels, Settings
from onmodel.contracts.trainings import Finding, TrainingPlan
from onmodel.datasets.records import size_of
from onmodel.errors import TrainingImpossible
from onmodel.films.settings import settings_in_force
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.ports.trainer import Trainer, Trainers
from onmodel.registry.kinds import DATASETS, GENERATIONS, DatasetRow


def preflight_training(
    request: PreflightTrainingRequest,
    *,
    registry: Registry,
    studio: ObjectStore,
    trainers: Trainers,
    clock: Clock,
    models: AllowedModels,
) -> Preflight:
    """Choose a trainer, or ask the one that was chosen; all reasons why nothing can be trained.

    That is no error: the dataset is made in any case.

    Once there is a dataset, the reasons are kept with it: mails, page and CLI show them.

    Raises:
        Conflict: another function wrote the dataset's row since it was read; the machine
            retries.
    """
    asked = request.generation
    dataset = _dataset(request, registry)
    settings = settings_in_force(asked.production, studio, models)
    wish = request.trainer or settings.training.trainer
    plan = _Plan(settings, dataset, studio.bucket)
    answer = _choose(trainers if wish == "auto" else {wish: trainers[wish]}, plan)
    if dataset is not None and dataset.body.findings != answer.findings:
        DATASETS.replace(registry, dataset.with_fields(findings=answer.findings), clock())
    return answer


@dataclass(frozen=True)
class _Plan:
    """What every trainer is asked about."""

    settings: Settings
    dataset: DatasetRow | None
    bucket: str

    def of(self, trainer: Trainer) -> TrainingPlan:
        settings, dataset = self.settings, self.dataset
        return TrainingPlan(
            hyperparameters=trainer.hyperparameters(
                settings.training, size_of(dataset) if dataset else None
            ),
            buckets=(self.bucket,),
            other_models=(settings.captions.model, settings.embedding.model),
            records=dataset.body.trained if dataset else None,
        )


def _choose(trainers: Trainers, plan: _Plan) -> Preflight:
    """The answer of the first trainer that can train; when none can, every reason of each."""
    answers: list[Preflight] = []
    for name, trainer in trainers.items():
        answer = _ask(trainer, plan.of(trainer)).model_copy(update={"trainer": name})
        if answer.possible:
            return answer
        answers.append(answer)
    if len(answers) == 1:
        return answers[0]
    return Preflight(
        possible=False,
        trainer=answers[0].trainer,
        findings=tuple(
            f"{answer.trainer}: {finding}" for answer in answers for finding in answer.findings
        ),
    )


def _ask(trainer: Trainer, plan: TrainingPlan) -> Preflight:
    try:
        findings = trainer.preflight(plan)
    except TrainingImpossible as fault:
        return Preflight(possible=False, findings=(str(fault),))
    blocking = tuple(in_one_text(finding) for finding in findings if finding.blocking)
    return Preflight(
        possible=not blocking,
        findings=blocking,
        warnings=tuple(in_one_text(finding) for finding in findings if not finding.blocking),
    )


def in_one_text(finding: Finding) -> str:
    return f"{finding.reason}. {finding.advice}".strip()


def _dataset(request: GenerationRequest, registry: Registry) -> DatasetRow | None:
    """The dataset of a closed generation."""
    asked = request.generation
    generation = GENERATIONS.read(registry, asked.production, asked.generation_id)
    if generation is None or generation.body.dataset_id is None:
        return None
    return DATASETS.read(registry, asked.production, generation.body.dataset_id)
