"""What the lines of a production's overview say of its rows, and what these cost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from onmodel.contracts.film_rows import RunBody, RunStatus
from onmodel.contracts.places import PlacesBody
from onmodel.contracts.rows import (
    ApprovalBody,
    DatasetBody,
    GenerationBody,
    Kind,
    StoryboardBody,
    TrainingBody,
    TrainingStage,
)
from onmodel.datasets.caption_words import check_in_words
from onmodel.deployments.lifecycle import OVER
from onmodel.films.places import waits_for_a_place
from onmodel.formats.wording import count, dollars, sentence, when
from onmodel.overview.dataset_step import DatasetStep, Steps
from onmodel.overview.detectors import detector_in_words
from onmodel.registry.kinds import DeploymentRow
from onmodel.registry.rows import AnyRow


def bills(found: DeploymentRow) -> bool:
    """Whether a trainer was asked to make it, and it is not confirmed to be deleted."""
    return found.status not in OVER and found.body.provisioning_at is not None


def row_in_words(row: AnyRow, now: datetime) -> tuple[str, float | None, float | None]:
    """What a line says of a row, its estimated cost, and its cost by the hour, in US dollars."""
    match row.kind:
        case Kind.RUN:
            run: RunBody = row.body
            return _run(run), run.estimated_usd, None
        case Kind.GENERATION | Kind.APPROVAL:
            return _waiting(row), None, None
        case Kind.DATASET:
            dataset: DatasetBody = row.body
            return _dataset(dataset), dataset.estimated_usd, None
        case Kind.TRAINING:
            training: TrainingBody = row.body
            on = f"on {training.dataset_id}, since {when(row.created_at)}"
            lines = (training.reason or on, training.checkpoint_reason)
            return ". ".join(filter(None, lines)), _cost(training), None
        case Kind.DEPLOYMENT | Kind.DETECTOR:
            deployed = row.kind == Kind.DEPLOYMENT
            return _deployment(row, now) if deployed else detector_in_words(row, now)
    board: StoryboardBody = row.body
    drawn = f"{board.drawn} of {board.panels} panels" if board.drawn is not None else ""
    told = board.reason or drawn or f"{board.panels} panels"
    words = " ".join(map(sentence, (told, *board.advice))) if board.advice else told
    return words, board.estimated_usd, None


def _cost(training: TrainingBody) -> float | None:
    """Of captions and training: as billed where the trainer says it, else as quoted."""
    if training.estimated_usd is None:
        return training.quoted_usd
    captions = (part.usd for part in training.agreed_parts if part.name == "captions")
    return training.estimated_usd + sum(usd or 0 for usd in captions)


def progress_in_words(
    row: AnyRow, places: PlacesBody, steps: Steps, progress: Callable[[AnyRow], str]
) -> str:
    """The progress of what is being worked on; '' for everything else."""
    match row.kind, row.status:
        case Kind.RUN, RunStatus.RUNNING:
            return waits_for_a_place(places, row.production, row.id) or progress(row)
        case Kind.DATASET, _ if step := steps.get((row.production, row.id)):
            return (progress(row) if step is DatasetStep.CAPTIONED else "") or step
        case Kind.TRAINING, TrainingStage.IN_PROGRESS:
            return "takes hours; a mail says when the model answers"
    return ""


def _run(run: RunBody) -> str:
    if run.reason:
        return f"{run.run.title}: {run.reason}"
    kept = "" if run.crops_kept is None else f": {run.crops_kept:,} pictures kept"
    return f"{run.run.title}{kept}"


def _waiting(row: AnyRow) -> str:
    if row.kind == Kind.GENERATION:
        generation: GenerationBody = row.body
        last = when(generation.last_prepared_at)
        films = count(len(generation.runs), "film")
        return f"{films}, the last prepared {last}; waits for more, then becomes a dataset"
    approval: ApprovalBody = row.body
    until = when(approval.expires_at)
    cost = "" if approval.purpose == "review" else f" for {dollars(approval.usd)}"
    return (
        f"waits for your approval until {until}: {approval.purpose} of {approval.subject_id}{cost}"
    )


def _dataset(dataset: DatasetBody) -> str:
    pictures = f"{count(dataset.pictures, 'picture')} of {count(len(dataset.films), 'film')}"
    if dataset.reason:
        return f"{pictures}: {dataset.reason}"
    if dataset.caption_check is None:
        return pictures
    return f"{pictures}; {check_in_words(dataset.caption_check).rstrip('.')}"


def _deployment(found: DeploymentRow, now: datetime) -> tuple[str, float | None, float | None]:
    body = found.body
    if found.status in OVER:
        return body.reason or "over", body.estimated_usd, None
    if not bills(found):
        return body.reason or "is about to be deployed; costs nothing yet", None, None
    hours = max(0.0, (body.retires_at - now).total_seconds() / 3600)
    began = body.provisioning_at
    spent = None
    if began is not None and body.unit_usd_hour is not None:
        spent = max(0.0, (now - began).total_seconds() / 3600) * body.unit_usd_hour
    return f"switches itself off in {hours:.1f} h", spent, body.unit_usd_hour
