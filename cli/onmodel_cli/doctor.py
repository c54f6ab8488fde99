"""`onmodel doctor`: can this account train today, and which parameters suit it?"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from rich.markup import escape

from onmodel.adapters.servicequotas import ServiceQuotas
from onmodel.contracts.models import foundation_model_of
from onmodel.contracts.settings import Settings
from onmodel.contracts.trainings import Finding, TrainingPlan
from onmodel.environment import Models
from onmodel.errors import FilmModelRefused
from onmodel.films.detector_terms import fault_of_place, usable
from onmodel.films.settings import settings_in_force
from onmodel_cli import options, speaking
from onmodel_cli.connection import Connection
from onmodel_cli.options import open_stack, production_id
from onmodel_cli.sizing import AccountQuotas, Proposal, propose, read_quotas
from onmodel_cli.speaking import print_object

POSSIBLE = "Models can be trained and storyboards drawn here today."


def doctor(
    production: options.OfProduction = None,
    stack: options.Stack = "onmodel",
    region: options.Region = None,
    local: options.Local = False,
    as_json: options.Json = False,
) -> None:
    """Check models, quotas, roles and buckets, and propose values. Costs nothing."""
    with speaking.plain_errors(as_json):
        connection = open_stack(stack, region, local)
        models = connection.environment.read(Models)
        captions = (*look_at_captions(models), *look_at_detector(connection, production))
        trainers = look_at_training(connection, production)
        quotas = read_quotas(
            ServiceQuotas(connection.services.client("service-quotas")),
            connection.region,
            models.embedding_model_id,
            models.caption_model_id,
        )
        proposals = propose(quotas)
        if as_json:
            print_object(_as_object(captions, trainers, quotas, proposals))
            return
        _show_findings(captions)
        for check in trainers:
            _show_trainer(check)
        if _is_possible(captions, trainers):
            speaking.out.print(f"\n[green]✓[/] {_possible(connection)}")
        else:
            speaking.out.print("\nFilms are prepared and datasets made in any case.")
        _show_sizes(quotas, proposals)


def _show_sizes(quotas: AccountQuotas, proposals: tuple[Proposal, ...]) -> None:
    speaking.out.print("\nParameters that suit this account's quotas:")
    for proposal in proposals:
        speaking.out.print(
            f"  [bold]{proposal.parameter}={proposal.value}[/]  [dim]{escape(proposal.why)}[/]"
        )
    if quotas.captions_per_minute is not None:
        speaking.out.print(f"  Captions: {quotas.captions_per_minute:g} calls a minute at most.")
    for name in quotas.assumed:
        speaking.out.print(
            f"[yellow]![/] {escape(name)} could not be read: that of a new account is assumed."
        )


def _possible(connection: Connection) -> str:
    if not connection.local:
        return POSSIBLE
    said = (rules.on_a_local_stack for rules in connection.services.trainer_rules.values())
    return f"On this local stack, {'; '.join(said)}."


def look_at_captions(models: Models) -> tuple[Finding, ...]:
    """Whether the functions may call the model behind the chosen one."""
    needed = foundation_model_of(models.caption_model_id)
    if models.caption_foundation_model_id == needed:
        return ()
    finding = Finding(
        code="caption-foundation-model",
        blocking=True,
        reason=f"Captions are asked of {models.caption_model_id}, and the functions may call"
        f" {models.caption_foundation_model_id} alone: every picture would be refused",
        advice=f"Update the stack with CaptionFoundationModelId={needed}.",
    )
    return (finding,)


def look_at_detector(connection: Connection, production: str | None) -> tuple[Finding, ...]:
    """Whether the Custom Labels model can be used that a production's finder asks."""
    models = connection.environment.read(Models)
    finder = _settings(connection, production).finder
    if "custom_labels" not in finder.kind:
        return ()
    model = finder.custom_labels.model
    try:
        if fault := fault_of_place(model, models.detector_projects):
            raise FilmModelRefused(*fault)
        usable(model, connection.services.detectors.look(model))
    except FilmModelRefused as refused:
        finding = Finding(
            code="custom-labels-model",
            blocking=True,
            reason=refused.reason,
            advice=refused.advice,
        )
        return (finding,)
    return ()


def _settings(connection: Connection, production: str | None) -> Settings:
    return settings_in_force(
        production_id(production, connection.registry) if production else "main",
        connection.studio,
        connection.environment.read(Models).allowed,
    )


@dataclass(frozen=True)
class TrainerCheck:
    """A trainer's preflight today; `chosen`: whether the settings allow it."""

    name: str
    findings: tuple[Finding, ...]
    chosen: bool

    @property
    def possible(self) -> bool:
        return not any(finding.blocking for finding in self.findings)


def look_at_training(connection: Connection, production: str | None) -> tuple[TrainerCheck, ...]:
    """Every trainer's preflight now, with a production's settings or the defaults."""
    settings = _settings(connection, production)
    return tuple(
        TrainerCheck(
            name=name,
            findings=trainer.preflight(
                TrainingPlan(
                    hyperparameters=trainer.hyperparameters(settings.training),
                    buckets=(connection.studio.bucket,),
                    other_models=(settings.captions.model, settings.embedding.model),
                )
            ),
            chosen=settings.training.trainer in {"auto", name},
        )
        for name, trainer in connection.services.trainers.items()
    )


def _show_findings(findings: tuple[Finding, ...]) -> None:
    for finding in findings:
        sign = "[red]✗[/]" if finding.blocking else "[yellow]![/]"
        speaking.out.print(f"{sign} {escape(finding.reason)}. [dim]{escape(finding.advice)}[/]")


def _show_trainer(check: TrainerCheck) -> None:
    can = "can train today" if check.possible else "cannot train today"
    unused = "" if check.chosen else "; training.trainer chooses another"
    speaking.out.print(f"\n[bold]{check.name}[/] {can}{unused}")
    _show_findings(check.findings)


def _is_possible(captions: tuple[Finding, ...], trainers: tuple[TrainerCheck, ...]) -> bool:
    return not any(finding.blocking for finding in captions) and any(
        check.possible and check.chosen for check in trainers
    )


def _as_object(
    captions: tuple[Finding, ...],
    trainers: tuple[TrainerCheck, ...],
    quotas: AccountQuotas,
    proposals: tuple[Proposal, ...],
) -> dict[str, Any]:
    found = (*captions, *(finding for check in trainers for finding in check.findings))
    return {
        "possible": _is_possible(captions, trainers),
        "findings": [finding.model_dump(mode="json") for finding in found],
        "trainers": {check.name: check.possible for check in trainers},
        "quotas": asdict(quotas),
        "proposals": {proposal.parameter: proposal.value for proposal in proposals},
    }
