"""`onmodel quote`: the cost of a film, by its header, before anything is uploaded."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from onmodel.contracts.base import FIRST_TRAINER
from onmodel.contracts.settings import Settings
from onmodel.errors import FilmRefused
from onmodel.films.settings import parse_settings
from onmodel.formats.wording import dollars, duration
from onmodel.money.pricebook import PriceBook
from onmodel.money.quotes import (
    Quote,
    deployment_quote,
    expected_crops,
    film_quote,
    most_captions,
    training_quote,
)
from onmodel.wiring import trainer_rules
from onmodel_cli import options, speaking
from onmodel_cli.results import print_object


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

    with speaking.plain_errors():
        if not film.is_file():
            raise FilmRefused(f"There is no film at {film}", "Check the path")
        chosen = parse_settings(settings.read_bytes()) if settings else Settings()
        book = PriceBook.load(prices.read_bytes() if prices else None)
        with film.open("rb") as source:
            facts = inspect_film(source, size_bytes=film.stat().st_size).facts
        captions = most_captions(
            expected_crops(facts.duration_seconds, chosen),
            chosen.training,
            characters or len(chosen.characters) or None,
        )
        wish = chosen.training.trainer
        rules = trainer_rules()[FIRST_TRAINER if wish == "auto" else wish]
        made = {
            "prepare": film_quote(facts, chosen, book),
            "caption and train": training_quote(
                rules.training_work(rules.hyperparameters(chosen.training)),
                captions=captions.count,
                counted=(captions.assumption,),
                caption_settings=chosen.captions,
                book=book,
            ),
        }
        if rules.deployer is not None:
            deployed = rules.deployer.deployment_work(chosen.deployment.hours)
            made["deploy"] = deployment_quote(deployed, book=book)
        if as_json:
            print_object({name: found.model_dump(mode="json") for name, found in made.items()})
            return
        speaking.out.print(f"[bold]{film.name}[/]  {duration(facts.duration_seconds)}\n")
        for name, found in made.items():
            _show(name, found)
        speaking.out.print("The real cost is lower rather than higher. Nothing was started.")


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
        table.add_row(line.item, f"{float(line.paid):,.6g}", f"{dollars(cost)}{unsure}")
    speaking.out.print(table)
    for assumption in quote.assumptions:
        speaking.out.print(f"  [dim]{assumption}[/]")
    speaking.out.print("")
