"""`onmodel quote`: the cost of a film, by its header, before anything is uploaded."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from pydantic import Field
from rich.markup import escape
from rich.table import Table

from onmodel.contracts.base import FIRST_TRAINER, Contract
from onmodel.contracts.settings import Settings
from onmodel.contracts.trainings import CostName, CostQuote, WorkPart
from onmodel.errors import FilmRefused, SettingsRefused
from onmodel.films.settings import parse_settings
from onmodel.formats.wording import dollars, duration, listed
from onmodel.money.pricebook import PriceBook
from onmodel.money.quotes import Quote, expected_crops, film_quote, most_captions
from onmodel.money.titles import title_of
from onmodel.money.training_quotes import (
    FirstUse,
    cost_quote,
    merged_quote,
    work_of_captions,
    work_of_training,
)
from onmodel.storyboards.first import first_storyboard
from onmodel.wiring import trainer_rules
from onmodel_cli import options, speaking
from onmodel_cli.checked_here import checked_here, no_file
from onmodel_cli.speaking import print_object

DEPLOYMENT_HOURS = 2.0
PROVISION_MINUTES = 90.0
"""The stack's parameters as they are by default: no stack is needed for a quote."""

TITLES: dict[CostName, str] = {
    "captions": "caption and train",
    "training": "caption and train",
    "drawing": "draw",
    "deployment": "deploy",
    "judging": "measure",
}

ASKED_FOR = {"prepare": "Finding figures", "measure": "Questions about the pictures"}
"""By title of a part, what a model is asked for; in the others, captions."""


class Total(Contract):
    """The cost of everything that a film leads to. None: a price is missing."""

    usd: float | None = Field(description="at most")
    usual_usd: float | None
    asked_usd: float | None = Field(description="what one question is about: all but preparing")
    unsure: tuple[str, ...] = Field(description="parts with a price that is not certain")
    trainer: str = Field(description="that the parts are of")
    others: dict[str, float | None] = Field(
        default={}, description="at most, with each other trainer that `auto` may choose"
    )


def quote(
    film: Annotated[Path, typer.Argument(help="A film on this machine.", show_default=False)],
    settings: Annotated[
        Path | None, typer.Option("--settings", help="settings.yaml of the production.")
    ] = None,
    prices: Annotated[
        Path | None, typer.Option("--prices", help="Your own price book, before ours.")
    ] = None,
    characters: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="How many characters will have pictures.",
            show_default="those of settings.yaml",
        ),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Quote preparing, training and deploying. Needs no stack and no account."""
    from onmodel.video.inspection.film import inspect_film

    with speaking.plain_errors(as_json):
        if not film.is_file():
            raise FilmRefused(*no_file(film, "film"))
        chosen = _settings(settings) if settings else Settings()
        book = PriceBook.load(_bytes(prices, "price book") if prices else None)
        try:
            with checked_here(film), film.open("rb") as source:
                facts = inspect_film(source, size_bytes=film.stat().st_size).facts
        except FilmRefused as fault:
            raise FilmRefused(f"{film.name}: {fault.reason}", fault.advice) from fault
        captions = most_captions(
            expected_crops(facts.duration_seconds, chosen),
            chosen.training,
            characters or len(chosen.characters) or None,
        )
        wish = chosen.training.trainer
        first = first_storyboard(chosen.characters)
        asked = work_of_captions(captions.count, chosen.captions, (captions.assumption,))
        use = FirstUse(
            storyboard=first,
            hours=min(chosen.deployment.hours, DEPLOYMENT_HOURS),
            provision_minutes=PROVISION_MINUTES,
        )
        works = {
            name: work_of_training(asked, chosen, rules, use)
            for name, rules in trainer_rules().items()
            if wish in {"auto", name}
        }
        shown = FIRST_TRAINER if wish == "auto" else wish
        prepared = film_quote(facts, chosen, book)
        made = {"prepare": prepared} | _by_title(works[shown], book)
        totals = {
            name: _whole(prepared, name, cost_quote(parts, book)) for name, parts in works.items()
        }
        others = {name: total.usd for name, total in totals.items() if name != shown}
        whole = totals[shown].model_copy(update={"others": others})
        if as_json:
            each = {name: found.model_dump(mode="json") for name, found in made.items()}
            print_object(each | {"total": whole.model_dump(mode="json")})
            return
        speaking.out.print(f"[bold]{escape(film.name)}[/]  {duration(facts.duration_seconds)}\n")
        for name, found in made.items():
            _show(name, found)
        _show_total(whole)


def _settings(path: Path) -> Settings:
    with checked_here(path):
        return parse_settings(_bytes(path, "settings"))


def _bytes(path: Path, what: str) -> bytes:
    if not path.is_file():
        raise SettingsRefused(f"There is no file of {what} at {path}", "Check the path")
    return path.read_bytes()


def _by_title(parts: tuple[WorkPart, ...], book: PriceBook) -> dict[str, Quote]:
    titled: dict[str, tuple[WorkPart, ...]] = {}
    for part in parts:
        titled[TITLES[part.name]] = (*titled.get(TITLES[part.name], ()), part)
    return {title: merged_quote(found, book) for title, found in titled.items()}


def _whole(prepared: Quote, trainer: str, after: CostQuote) -> Total:
    first = prepared.bill.total_usd
    before = None if first is None else float(first)
    return Total(
        usd=None if before is None or after.usd is None else before + after.usd,
        usual_usd=None if before is None or after.usual_usd is None else before + after.usual_usd,
        asked_usd=after.usd,
        unsure=after.unsure_parts,
        trainer=trainer,
    )


def _show_total(total: Total) -> None:
    usual = f", usually {dollars(total.usual_usd)}" if total.usual_usd != total.usd else ""
    speaking.out.print(f"[bold]In all at most {dollars(total.usd)}[/]{usual}.")
    for name, usd in total.others.items():
        speaking.out.print(
            f"That is with the trainer {total.trainer}; with {name}, which is chosen where"
            f" {total.trainer} cannot train: at most {dollars(usd)}. `training.trainer: {name}` in"
            " --settings shows its parts."
        )
    if total.unsure:
        speaking.out.print(f"A price is not certain: {listed(total.unsure)}.")
    speaking.out.print(
        f"A mail asks for the {dollars(total.asked_usd)} after preparing, once and before any of"
        " it is spent, if that is above the stack's SpendLimitUsd. Nothing was started."
    )


def _show(name: str, quote: Quote) -> None:
    total = quote.bill.total_usd
    title = f"To {name}: about {dollars(None if total is None else float(total))}"
    table = Table(
        "item", "units", "cost", box=None, title=title, title_justify="left", pad_edge=False
    )
    for column in table.columns[1:]:
        column.justify = "right"
    for line in quote.bill.lines:
        cost = None if line.usd is None else float(line.usd)
        unsure = " (unsure)" if line.unsure else ""
        item = title_of(line.item, ASKED_FOR.get(name, "Captions"))
        table.add_row(item, f"{float(line.paid):,.6g}", f"{dollars(cost)}{unsure}")
    speaking.out.print(table)
    for assumption in quote.assumptions:
        speaking.out.print(f"  [dim]{assumption}[/]")
    speaking.out.print("")
