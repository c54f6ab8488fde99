"""Options that many commands share, and the connection and the production that they mean."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Annotated

import typer

from onmodel.contracts.keys import MAIN_PRODUCTION
from onmodel.contracts.rows import Kind
from onmodel.errors import RefusedError, SettingsRefused
from onmodel.films.folders import production_called, production_of
from onmodel.formats.wording import listed
from onmodel.ports.registry import Registry
from onmodel.registry.kinds import PRODUCTIONS
from onmodel_cli import speaking
from onmodel_cli.connection import Connection, connect
from onmodel_cli.local_stack import use_local_stack

DEFAULT_STACK = "onmodel"
MOST_NAMES = 20

Stack = Annotated[
    str, typer.Option("--stack", envvar="ONMODEL_STACK", help="Name of the stack on AWS.")
]
Region = Annotated[
    str | None,
    typer.Option("--region", help="Region of the stack. Else AWS_REGION, else us-east-1."),
]
Local = Annotated[bool, typer.Option("--local", help="Use the local stack.")]
Json = Annotated[
    bool,
    typer.Option(
        "--json", help="Print one JSON object on stdout and nothing else there, on failure too."
    ),
]
Production = Annotated[str, typer.Option("--production", "-p", help="Which production.")]
OfProduction = Annotated[
    str | None, typer.Option("--production", "-p", help="Only this production.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


class ProductionUnknown(RefusedError):
    """Raised when a stack has no production of this name; the message lists those that it has."""


def open_stack(stack: str, region: str | None, local: bool) -> Connection:
    """Raises LocalUnavailable, StackUnknown or ServiceError.

    The commands in later messages name this stack as it was named here.
    """
    if local:
        use_local_stack()
        speaking.commands_name("--local")
    else:
        named = "" if stack == DEFAULT_STACK else f"--stack {stack}"
        speaking.commands_name(f"{named} {f'--region {region}' if region else ''}".strip())
    return connect(stack, region, local=local)


def production_id(production: str, registry: Registry) -> str:
    """Of the production that a person means: by its folder's name in any spelling, or by its id.

    Raises:
        SettingsRefused: no name was given.
        ProductionUnknown: nothing was ever uploaded to such a folder.
    """
    name = production.strip()
    if not name:
        raise SettingsRefused("The production has no name", "Give it with --production")
    known = production_called(name, registry)
    if known is not None:
        return known.id
    identity = production_of(name, registry).id
    if any(True for kind in Kind for _ in registry.list(identity, kind)):
        return identity  # its rows are older than the rows of folders
    raise ProductionUnknown(f"There is no production {name}", _what_exists(name, registry))


def _what_exists(name: str, registry: Registry) -> str:
    names = sorted({row.body.folder or MAIN_PRODUCTION for row in PRODUCTIONS.list_all(registry)})
    if not names:
        return "There is none yet: `onmodel run FILM -p NAME` makes one"
    more = [f"{len(names) - MOST_NAMES} more"] if len(names) > MOST_NAMES else []
    shown = f"There is {listed([*names[:MOST_NAMES], *more])}"
    close = get_close_matches(name.casefold(), [each.casefold() for each in names], 1)
    meant = next((each for each in names if close and each.casefold() == close[0]), None)
    return f"Did you mean {meant}? {shown}" if meant else shown
