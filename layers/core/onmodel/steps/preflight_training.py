"""Check whether this account can train and deploy today, before time and money are spent."""

from __future__ import annotations

from onmodel.contracts.datasets import GenerationRequest, Preflight
from onmodel.contracts.settings import AllowedModels
from onmodel.contracts.trainings import Finding, TrainingPlan
from onmodel.errors import TrainingImpossible
from onmodel.films.settings import settings_in_force
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.ports.trainer import Trainer
from onmodel.registry.kinds import DATASETS, GENERATIONS, DatasetRow


def preflight_training(
    request: GenerationRequest,
    *,
    registry: Registry,
    studio: ObjectStore,
    trainer: Trainer,
    clock: Clock,
    models: AllowedModels,
) -> Preflight:
    """All reasons why it cannot. That is no error: the dataset is made in any case.

    Once there is a dataset, the reasons are kept with it: mails, page and CLI show them.

    Raises:
        Conflict: another function wrote the dataset's row since it was read; the machine
            retries.
    """
    asked = request.generation
    dataset = _dataset(request, registry)
    settings = settings_in_force(asked.production, studio, models)
    plan = TrainingPlan(
        hyperparameters=trainer.hyperparameters(settings.training),
        buckets=(studio.bucket,),
        other_models=(settings.captions.model, settings.embedding.model),
        records=dataset.body.trained if dataset else None,
    )
    answer = _ask(trainer, plan)
    if dataset is not None and dataset.body.findings != answer.findings:
        DATASETS.replace(registry, dataset.with_fields(findings=answer.findings), clock())
    return answer


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
