"""Options that many commands share, and the connection that they mean."""

from __future__ import annotations

from typing import Annotated

import typer

from onmodel.errors import SettingsRefused
from onmodel.films.folders import production_called, production_of
from onmodel.ports.registry import Registry
from onmodel_cli.connection import Connection, connect
from onmodel_cli.local_stack import use_local_stack

Stack = Annotated[
    str, typer.Option("--stack", envvar="ONMODEL_STACK", help="Name of the stack on AWS.")
]
Region = Annotated[
    str | None,
    typer.Option("--region", help="Region of the stack. Else AWS_REGION, else us-east-1."),
]
Local = Annotated[bool, typer.Option("--local", help="Use the local stack.")]
Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON object on stdout and nothing else there.")
]
Production = Annotated[str, typer.Option("--production", "-p", help="Which production.")]
OfProduction = Annotated[
    str | None, typer.Option("--production", "-p", help="Only this production.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def open_stack(stack: str, region: str | None, local: bool) -> Connection:
    """Raises LocalUnavailable, StackUnknown or ServiceError."""
    if local:
        use_local_stack()
    return connect(stack, region, local=local)


def production_id(production: str, registry: Registry) -> str:
    """Of the production that a person means: by its folder's name in any spelling, or by its id."""
    if not production.strip():
        raise SettingsRefused("The production has no name", "Give it with --production")
    name = production.strip()
    return (production_called(name, registry) or production_of(name, registry)).id
