"""`onmodel run`: prepare films, and wait for what is made of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from onmodel.wiring import now
from onmodel_cli import options, results, speaking
from onmodel_cli.next_steps import NextSteps, next_steps
from onmodel_cli.options import open_stack
from onmodel_cli.reaching import Until, follow_to
from onmodel_cli.run import Prepared, Wish, prepare_films


def run(
    films: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILM", help="Films to prepare, or folders of films.", show_default=False
        ),
    ],
    production: Annotated[
        str,
        typer.Option("--production", "-p", help="Which production they belong to."),
    ],
    characters: Annotated[
        Path | None,
        typer.Option("--characters", help="Reference pictures: DIR/<character>/<picture>."),
    ] = None,
    settings: Annotated[
        Path | None,
        typer.Option("--settings", help="settings.yaml of the production (docs/operating.md)."),
    ] = None,
    until: Annotated[
        Until,
        typer.Option(
            "--until",
            help="What is waited for: the prepared film, its captioned dataset, or a model that"
            " has drawn. A question about money is shown, and a mail has its link.",
        ),
    ] = Until.FILM,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Where report, crops and records are copied to.")
    ] = Path("onmodel-out"),
    pictures: Annotated[
        bool | None,
        typer.Option(
            help="Copy all kept pictures, or none. Without either: the first"
            f" {results.FIRST_PICTURES}, in the order of the report's pages."
        ),
    ] = None,
    stack: options.Stack = "onmodel",
    region: options.Region = None,
    local: options.Local = False,
    as_json: options.Json = False,
) -> None:
    """Upload films, follow their preparation, and show what was kept, what was dropped and why.

    The same film under the same settings is prepared once: running this again costs nothing and
    shows the result. A changed setting or a new reference pays only for what is new.
    """
    with speaking.plain_errors(as_json):
        connection = open_stack(stack, region, local)
        wish = Wish(
            films=tuple(films),
            production=production,
            characters=characters,
            settings=settings,
            output=output,
            pictures=pictures,
        )
        done = prepare_films(wish, connection, speaking.err)
        if not as_json:
            for each in done:
                results.show(each.result, speaking.out, again=each.again)
        last = done[-1].result
        if until is Until.FILM:
            _tell_next(done, next_steps(last, connection, now()), as_json)
            return
        kept = [each.result for each in done if each.result.summary.crops_kept]
        reached = follow_to(until, kept[-1] if kept else last, connection, output, speaking.err)
        if as_json:
            places = {name.lower().replace(" ", "_"): str(path) for name, path in reached.rows()}
            speaking.print_object(_films_as_object(done) | {"reached": until, **places})
            return
        for name, path in reached.rows():
            speaking.out.print(f"[bold]{name:<10}[/] {path.as_uri()}")


def _films_as_object(done: list[Prepared]) -> dict[str, Any]:
    """Of one film its own object; of several a list."""
    each = [results.as_object(one.result) for one in done]
    return each[0] if len(each) == 1 else {"status": "prepared", "films": each}


def _tell_next(done: list[Prepared], after: NextSteps, as_json: bool) -> None:
    if as_json:
        speaking.print_object(_films_as_object(done) | {"next": after.as_object()})
        return
    speaking.out.print("\n[bold]Next[/]")
    for sentence in after.sentences:
        speaking.out.print(f"  {escape(sentence)}")
