"""`onmodel review`: look at a production's pictures in a browser, and correct them."""

from __future__ import annotations

import webbrowser
from socketserver import BaseServer
from typing import Annotated

import typer

from onmodel_cli import options, speaking


def review(
    production: options.Production,
    no_open: Annotated[
        bool, typer.Option("--no-open", help="Do not open the page in a browser.")
    ] = False,
    port: Annotated[int, typer.Option(help="Of 127.0.0.1; 0 takes a free one.")] = 0,
    stack: options.Stack = "onmodel",
    region: options.Region = None,
    local: options.Local = False,
) -> None:
    """Look at a production's pictures: reject, rename, caption, tell apart. Ends by Ctrl-C.

    What you decide holds for every later dataset of the production, and nothing is paid for it.
    """
    with speaking.plain_errors():
        connection = options.open_stack(stack, region, local)
        slug = options.production_id(production, connection.registry)
        from onmodel_cli.review_server import review_server  # loads OpenCV: no other command waits

        server = review_server(slug, connection, port)
        speaking.out.print(server.address)
        speaking.say("The page is served until you press Ctrl-C. The address holds a secret.")
        if not no_open:
            webbrowser.open(server.address)
        serve_until_interrupted(server)


def serve_until_interrupted(server: BaseServer) -> None:
    """Every saved correction is in the stack: nothing is lost at the end."""
    try:
        server.serve_forever(poll_interval=0.2)
    except KeyboardInterrupt:
        speaking.say("Ended. Corrections that the page shows as saved are kept.")
    finally:
        server.server_close()
