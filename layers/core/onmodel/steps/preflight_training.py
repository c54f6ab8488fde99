"""Say whether this account can train and deploy today, before people's time and money go in."""

from __future__ import annotations

from onmodel.contracts.datasets import GenerationRequest, Preflight
from onmodel.contracts.rows import DatasetBody, GenerationBody, Kind
from onmodel.contracts.settings import AllowedModels
from onmodel.contracts.trainings import Finding, TrainingPlan
from onmodel.datasets.records import put_dataset
from onmodel.errors import TrainingImpossible
from onmodel.films.settings import settings_in_force
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Record, Registry
from onmodel.ports.storage import ObjectStore
from onmodel.ports.trainer import Trainer


def preflight_training(
    request: GenerationRequest,
    *,
    registry: Registry,
    studio: ObjectStore,
    trainer: Trainer,
    clock: Clock,
    models: AllowedModels,
) -> Preflight:
    """Every reason why not, at once. Impossible is an answer: the dataset is made all the same.

    Once there is a dataset, the reasons are kept with it: mails, page and CLI tell them.

    Raises:
        Conflict: the dataset's row was written meanwhile; retried by the machine.
    """
    asked = request.generation
    dataset = _dataset(request, registry)
    settings = settings_in_force(asked.production, studio, models)
    plan = TrainingPlan(
        hyperparameters=trainer.hyperparameters(settings.training),
        buckets=(studio.bucket,),
        other_models=(settings.captions.model, settings.embedding.model),
        records=DatasetBody.model_validate(dataset.body).trained if dataset else None,
    )
    answer = _ask(trainer, plan)
    if dataset is not None:
        body = DatasetBody.model_validate(dataset.body)
        if body.findings != answer.findings:
            body = body.model_copy(update={"findings": answer.findings})
            put_dataset(dataset, body, registry=registry, clock=clock)
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


def _dataset(request: GenerationRequest, registry: Registry) -> Record | None:
    """What the generation became, once it is closed."""
    asked = request.generation
    generation = registry.get(asked.production, Kind.GENERATION, asked.generation_id)
    if generation is None:
        return None
    dataset_id = GenerationBody.model_validate(generation.body).dataset_id
    return registry.get(asked.production, Kind.DATASET, dataset_id) if dataset_id else None
