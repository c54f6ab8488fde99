"""`onmodel doctor`: can this account train today, and which parameters suit it?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rich.markup import escape

from onmodel.adapters.servicequotas import ServiceQuotas
from onmodel.contracts.models import foundation_model_of
from onmodel.contracts.trainings import Finding, TrainingPlan
from onmodel.environment import Models
from onmodel.errors import ServiceError
from onmodel.films.settings import settings_in_force
from onmodel.ports.account import Quotas
from onmodel_cli import options, speaking
from onmodel_cli.connection import Connection
from onmodel_cli.options import open_stack, production_id
from onmodel_cli.results import print_object

POSSIBLE = "Models can be trained and deployed here today."

CALLS_OF_A_CHUNK = 5.0
"""DetectLabels a second: a minute of film has 60 frames at most and takes 12 s or more."""

FAST_REGIONS = frozenset({"us-east-1", "us-west-2", "eu-west-1"})  # 50 a second; 5 elsewhere
SLOW_RATE, FAST_RATE = 5.0, 50.0
CONCURRENT_EXECUTIONS = ("lambda", "L-B99A9384")
NEW_ACCOUNT_CONCURRENCY = 10.0


@dataclass(frozen=True)
class Proposal:
    """A value for a parameter of the stack, and why."""

    parameter: str
    value: int
    why: str


def doctor(
    production: options.OfProduction = None,
    stack: options.Stack = "onmodel",
    region: options.Region = None,
    local: options.Local = False,
    as_json: options.Json = False,
) -> None:
    """Check models, quotas, roles and buckets, and propose values. Costs nothing."""
    with speaking.plain_errors():
        connection = open_stack(stack, region, local)
        findings = (
            *look_at_captions(connection.environment.read(Models)),
            *look_at_training(connection, production),
        )
        proposal = propose(
            ServiceQuotas(connection.services.client("service-quotas")), connection.region
        )
        if as_json:
            print_object(_as_object(findings, proposal))
            return
        for finding in findings:
            sign = "[red]✗[/]" if finding.blocking else "[yellow]![/]"
            speaking.out.print(f"{sign} {escape(finding.reason)}. [dim]{escape(finding.advice)}[/]")
        if not any(finding.blocking for finding in findings):
            speaking.out.print(f"[green]✓[/] {_possible(connection)}")
        else:
            speaking.out.print("\nFilms are prepared and datasets made in any case.")
        speaking.out.print(
            f"\n[bold]{proposal.parameter}={proposal.value}[/]  [dim]{proposal.why}[/]"
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


def look_at_training(connection: Connection, production: str | None) -> tuple[Finding, ...]:
    """Preflight's findings now, with a production's settings or the defaults.

    Those of the first trainer that can train; when none can, those of all.
    """
    settings = settings_in_force(
        production_id(production, connection.registry) if production else "main",
        connection.studio,
        connection.environment.read(Models).allowed,
    )
    wish = settings.training.trainer
    found: list[Finding] = []
    for name, trainer in connection.services.trainers.items():
        if wish not in ("auto", name):
            continue
        plan = TrainingPlan(
            hyperparameters=trainer.hyperparameters(settings.training),
            buckets=(connection.studio.bucket,),
            other_models=(settings.captions.model, settings.embedding.model),
        )
        findings = trainer.preflight(plan)
        if not any(finding.blocking for finding in findings):
            return findings
        found += findings
    return tuple(found)


def propose(quotas: Quotas, region: str) -> Proposal:
    """How many chunks at once: bounded by Lambda's concurrency and by Rekognition's rate."""
    try:
        known = quotas.value(*CONCURRENT_EXECUTIONS)
    except ServiceError:  # the user may not read quotas: use the lower value
        known = None
    executions = known or NEW_ACCOUNT_CONCURRENCY
    rate = FAST_RATE if region in FAST_REGIONS else SLOW_RATE
    value = max(1, int(min(executions / 2, rate / CALLS_OF_A_CHUNK)))
    shown = f"{executions:.0f}" if known else f"at least {executions:.0f} (not readable here)"
    return Proposal(
        "MapConcurrency",
        value,
        f"half of {shown} concurrent functions; Rekognition takes about {rate:.0f} calls a second "
        f"in {region} by default",
    )


def _as_object(findings: tuple[Finding, ...], proposal: Proposal) -> dict[str, Any]:
    return {
        "possible": not any(finding.blocking for finding in findings),
        "findings": [finding.model_dump(mode="json") for finding in findings],
        "proposals": {proposal.parameter: proposal.value},
    }
