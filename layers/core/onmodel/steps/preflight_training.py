"""Say whether this account can train and deploy today, before people's time and money go in."""

from __future__ import annotations

from onmodel.contracts.requests_training import GenerationRequest, Preflight
from onmodel.contracts.training import Finding, TrainingPlan
from onmodel.errors import TrainingImpossible
from onmodel.ports import ObjectStore, Registry
from onmodel.ports_training import Trainer
from onmodel.production import settings_in_force
from onmodel.records import Kind
from onmodel.records_training import DatasetBody, GenerationBody


def preflight_training(
    request: GenerationRequest, *, registry: Registry, studio: ObjectStore, trainer: Trainer
) -> Preflight:
    """Every reason why not, at once. Impossible is an answer: the dataset is made all the same."""
    asked = request.generation
    settings = settings_in_force(asked.production, studio)
    plan = TrainingPlan(
        hyperparameters=settings.training.hyperparameters,
        buckets=(studio.bucket,),
        other_models=(settings.captions.model, settings.embedding.model),
        records=_records(request, registry),
    )
    try:
        findings = trainer.preflight(plan)
    except TrainingImpossible as fault:
        return Preflight(possible=False, findings=(str(fault),))
    blocking = tuple(sentence(finding) for finding in findings if finding.blocking)
    return Preflight(
        possible=not blocking,
        findings=blocking,
        warnings=tuple(sentence(finding) for finding in findings if not finding.blocking),
    )


def sentence(finding: Finding) -> str:
    return f"{finding.reason}. {finding.advice}".strip()


def _records(request: GenerationRequest, registry: Registry) -> int | None:
    """How many lines the manifest has, once there is one."""
    asked = request.generation
    generation = registry.get(asked.production, Kind.GENERATION, asked.generation_id)
    if generation is None:
        return None
    dataset_id = GenerationBody.model_validate(generation.body).dataset_id
    dataset = registry.get(asked.production, Kind.DATASET, dataset_id) if dataset_id else None
    return DatasetBody.model_validate(dataset.body).trained if dataset else None
