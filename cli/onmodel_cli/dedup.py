"""`onmodel dedup`: what another threshold of near-duplicates keeps, from stored vectors."""

from __future__ import annotations

from typing import Annotated

import typer

from onmodel.errors import RefusedError
from onmodel.films.corrections import read_corrections
from onmodel.films.settings import settings_in_force
from onmodel_cli import options, speaking
from onmodel_cli.results import print_object


class NothingToCompare(RefusedError):
    """Raised when a production has no prepared film."""


def dedup(
    production: options.Production,
    threshold: Annotated[
        float,
        typer.Option(min=0.5, max=1.0, help="Cosine from which two pictures are alike."),
    ],
    stack: options.Stack = "onmodel",
    region: options.Region = None,
    local: options.Local = False,
    as_json: options.Json = False,
) -> None:
    """Say how many pictures of its films a threshold keeps. Nothing is changed, and nothing paid.

    It is what a new run with `deduplication.threshold` would keep: lower keeps fewer pictures.
    """
    with speaking.plain_errors():
        connection = options.open_stack(stack, region, local)
        slug = options.production_id(production, connection.registry)
        from onmodel.films.near_duplicates import FilmsNearDuplicates  # loads OpenCV

        films = FilmsNearDuplicates.read(
            slug, registry=connection.registry, studio=connection.studio
        )
        if not films.films:
            raise NothingToCompare(
                f"No film of {slug} was prepared yet", "Upload one first: `onmodel run`"
            )
        now = settings_in_force(slug, connection.studio).deduplication
        chosen = now.model_copy(update={"threshold": threshold})
        apart = read_corrections(slug, connection.registry).different_pairs()
        found = films.at(chosen, apart)
        if as_json:
            print_object(found.model_dump(mode="json"))
            return
        before = films.at(now, apart)
        speaking.out.print(f"{found.of:,} → {found.kept:,} pictures")
        speaking.say(
            f"{now.threshold:g}, as settings have it, keeps {before.kept:,}. To keep what"
            f" {threshold:g} keeps, write into settings.yaml of the production and upload it:\n"
            f"  deduplication: {{threshold: {threshold:g}}}"
        )
