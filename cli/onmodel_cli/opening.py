"""`onmodel open`: the home page of a production, or of the whole stack, in a browser."""

from __future__ import annotations

import webbrowser
from typing import Annotated

import typer

from onmodel.environment import Links
from onmodel.errors import EnvironmentIncomplete
from onmodel_cli import options, speaking
from onmodel_cli.connection import Connection, StackUnknown

DAYS = 1.0
"""That the link is valid: it is made for whoever opens it now."""


def open_home(
    production: options.OfProduction = None,
    no_open: Annotated[
        bool, typer.Option("--no-open", help="Print the link only; do not open a browser.")
    ] = False,
    stack: options.Stack = "onmodel",
    region: options.Region = None,
    local: options.Local = False,
    as_json: options.Json = False,
) -> None:
    """Open the page with everything of a production; without -p, the page of the whole stack.

    The link is valid for a day, and nothing can be decided by it. Only this command makes a link to
    the page of the whole stack: the mails of a production lead to its own page.
    """
    with speaking.plain_errors(as_json):
        connection = options.open_stack(stack, region, local)
        link = home_link(connection, production)
        if as_json:
            speaking.print_object({"production": production, "link": link, "valid_days": DAYS})
            return
        speaking.out.print(link)
        if not no_open and not webbrowser.open(link):
            speaking.say("No browser was found here. The link is valid for a day.")


def home_link(connection: Connection, production: str | None) -> str:
    """A link to the home page.

    Args:
        connection: to the stack.
        production: by its folder's name in any spelling, or by its id; None: of the whole stack.

    Raises:
        ProductionUnknown: nothing was ever uploaded to such a folder.
        StackUnknown: the stack is of a version without home pages.
    """
    try:
        connection.environment.require(Links)
    except EnvironmentIncomplete as fault:
        raise StackUnknown(
            f"Stack {connection.stack} has no home pages: {fault.reason}",
            "Deploy the newest template over it; nothing of it is lost",
        ) from fault
    chosen = options.production_id(production, connection.registry) if production else None
    return connection.services.links.link_to_home(chosen, DAYS)
