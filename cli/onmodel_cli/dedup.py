"""`onmodel dedup`: what another threshold of near-duplicates keeps, from stored vectors."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from onmodel.environment import Models
from onmodel.errors import RefusedError
from onmodel.films.corrections import read_corrections
from onmodel.films.folders import production_called
from onmodel.films.settings import settings_in_force
from onmodel_cli import options, speaking
from onmodel_cli.connection import Connection
from onmodel_cli.saved_settings import save_threshold
from onmodel_cli.speaking import print_object


class NothingToCompare(RefusedError):
    """Raised when a production has no prepared film."""


def dedup(
    production: options.Production,
    threshold: Annotated[
        float,
        typer.Option(min=0.5, max=1.0, help="Cosine from which two pictures are alike."),
    ],
    save: Annotated[
        bool,
        typer.Option("--save", help="Write it into the production's settings.yaml."),
    ] = False,
    stack: options.Stack = "onmodel",
    region: options.Region = None,
    local: options.Local = False,
    as_json: options.Json = False,
) -> None:
    """Say how many pictures of its films a threshold keeps, from stored vectors. Nothing is paid.

    It is what a new run with `deduplication.threshold` would keep: lower keeps fewer pictures.
    """
    with speaking.plain_errors(as_json):
        connection = options.open_stack(stack, region, local)
        slug = options.production_id(production, connection.registry)
        from onmodel.films.near_duplicates import FilmsNearDuplicates  # loads OpenCV

        films = FilmsNearDuplicates.read(
            slug, registry=connection.registry, studio=connection.studio
        )
        if not films.films:
            raise NothingToCompare(
                f"No film of {slug} was prepared yet",
                f"Upload one first: `onmodel run FILM -p {slug}`",
            )
        now = settings_in_force(slug, connection.studio).deduplication
        chosen = now.model_copy(update={"threshold": threshold})
        apart = read_corrections(slug, connection.registry).different_pairs()
        found = films.at(chosen, apart)
        saved = _saved(slug, threshold, connection) if save else None
        if as_json:
            print_object(found.model_dump(mode="json") | {"saved": saved})
            return
        before = films.at(now, apart)
        speaking.out.print(f"{found.of:,} → {found.kept:,} pictures")
        if saved is not None:
            speaking.say(
                f"[green]✓[/] Written into {escape(saved)}: it holds for later films and datasets."
                f" {now.threshold:g}, in force before, keeps {before.kept:,}."
            )
            return
        speaking.say(
            f"{now.threshold:g}, as settings have it, keeps {before.kept:,}. To keep what"
            f" {threshold:g} keeps, run the same with --save, or write into settings.yaml of the"
            f" production and upload it:\n  deduplication: {{threshold: {threshold:g}}}"
        )


def _saved(production: str, threshold: float, connection: Connection) -> str:
    """The key of the settings that have it now."""
    folders = production_called(production, connection.registry)
    if folders is None:  # its row was deleted since
        raise NothingToCompare(f"There is no production {production}", "See `onmodel status`")
    return save_threshold(
        folders,
        threshold,
        uploads=connection.uploads,
        studio=connection.studio,
        models=connection.environment.read(Models).allowed,
    )
