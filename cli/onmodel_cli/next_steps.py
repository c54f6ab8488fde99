"""What follows a prepared film by itself: when, for how much, and whether a person is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from onmodel.contracts.settings import Settings
from onmodel.contracts.trainings import CostQuote, DatasetSize
from onmodel.environment import DeploymentLimits, GenerationPace, Models, SpendLimit
from onmodel.films.production import characters_of
from onmodel.films.settings import settings_in_force
from onmodel.formats.wording import COST_PARTS, count, dollars, listed, when
from onmodel.money.agreements import why_above
from onmodel.money.quotes import most_captions
from onmodel.money.training_quotes import FirstUse, cost_quote, work_of_captions, work_of_training
from onmodel.ports.trainer import TrainerRules
from onmodel.registry.kinds import TRAININGS
from onmodel.storyboards.first import first_storyboard
from onmodel_cli.connection import Connection
from onmodel_cli.results import Result

LOCAL_SECONDS = 60.0
"""Below this the stack's quiet time is told in seconds."""


@dataclass(frozen=True)
class NextSteps:
    """Sentences for a person, and the same for programs."""

    sentences: tuple[str, ...]
    quotes: Mapping[str, CostQuote] = field(default_factory=dict)
    """By the trainers that may be chosen; empty when nothing is going to be trained."""

    def as_object(self) -> dict[str, object]:
        return {
            "sentences": list(self.sentences),
            "usd": {trainer: quote.usd for trainer, quote in self.quotes.items()},
        }


def next_steps(result: Result, connection: Connection, now: datetime) -> NextSteps:
    """By the production's settings, the stack's parameters and what the film gave.

    The quote counts this film alone; the mail's counts the whole dataset.
    """
    production = result.run.production
    allowed = connection.environment.read(Models).allowed
    settings = settings_in_force(production, connection.studio, allowed)
    pictures = _usable(result, settings)
    if pictures < settings.training.min_pictures:
        what_helps = (
            f"Give names on the page that `onmodel review -p {production}` opens, or upload"
            " pictures of each character, and the film again."
        )
        can_name = result.summary.crops_kept > pictures
        why = f"Nothing is trained: {_too_few(pictures, settings)}."
        return NextSteps((why, what_helps) if can_name else (why,))
    if not settings.training.automatic:
        start = f"`onmodel train -p {production}`"
        return NextSteps((f"Nothing starts by itself: {start} makes a dataset and trains on it.",))
    rules = connection.services.trainer_rules
    wish = settings.training.trainer
    quotes = {
        name: _quote(pictures, settings, production, rules[name], connection)
        for name in (rules if wish == "auto" else (wish,))
    }
    limit = connection.environment.read(SpendLimit).spend_limit_usd
    trained_before = any(TRAININGS.list(connection.registry, production))
    return NextSteps(
        (
            _when(settings, connection, now),
            *(_choice(quotes) if len(quotes) > 1 else ()),
            *(_how_much(name, quote, limit, trained_before) for name, quote in quotes.items()),
        ),
        quotes,
    )


def _usable(result: Result, settings: Settings) -> int:
    named = sum(number for name, number in result.summary.named.items() if name)
    return result.summary.crops_kept if settings.training.include_unnamed else named


def _too_few(pictures: int, settings: Settings) -> str:
    least = settings.training.min_pictures
    what = "picture" if settings.training.include_unnamed else "named picture"
    return f"this film gave {count(pictures, what)}, and a dataset needs {least} of all films"


def _when(settings: Settings, connection: Connection, now: datetime) -> str:
    minutes = settings.training.quiet_minutes
    stack = connection.environment.read(GenerationPace).quiet_seconds
    quiet = stack if minutes is None else minutes * 60
    wait = f"{quiet / 60:g} minutes" if quiet >= LOCAL_SECONDS else f"{quiet:g} seconds"
    at = when(now + timedelta(seconds=quiet))
    return f"{wait} after the last film ({at}, if no other comes) the pictures become a dataset."


def _quote(
    pictures: int,
    settings: Settings,
    production: str,
    trainer: TrainerRules,
    connection: Connection,
) -> CostQuote:
    characters = characters_of(production, settings, connection.registry)
    captions = most_captions(pictures, settings.training, len(characters) or None).count
    limits = connection.environment.read(DeploymentLimits)
    use = FirstUse(
        storyboard=first_storyboard(characters),
        hours=min(settings.deployment.hours, limits.deployment_hours),
        provision_minutes=limits.provision_minutes,
    )
    size = DatasetSize(pictures=captions, characters=len(characters))
    asked = work_of_captions(captions, settings.captions)
    parts = work_of_training(asked, settings, trainer, use, size)
    return cost_quote(parts, connection.services.prices)


def _choice(quotes: Mapping[str, CostQuote]) -> tuple[str]:
    names = listed(tuple(quotes), "or")
    return (f"A model is trained by {names}: the first that can train in this account then.",)


def _how_much(name: str, quote: CostQuote, limit_usd: float, trained_before: bool) -> str:
    usual = quote.usual_usd
    usually = f", usually {dollars(usual)}" if usual is not None and usual != quote.usd else ""
    parts = ", ".join(f"{COST_PARTS[part.name]} {dollars(part.usd)}" for part in quote.parts)
    total = f"By {name}: at most {dollars(quote.usd)}{usually} for this film's pictures ({parts})."
    if above := why_above("The total", quote.usd, limit_usd):
        return f"{total} {above} A mail asks once, before any of it is spent."
    if trained_before:
        return f"{total} The production was trained before: a mail asks first."
    within = f"It is within the limit of {dollars(limit_usd)}, so it starts by itself"
    return f"{total} {within}; of a dataset that is too thin, a mail asks first."
