"""`onmodel review`: look at a production's pictures in a browser, and correct them."""

from __future__ import annotations

import os
import sys
import webbrowser
from pathlib import Path
from socketserver import BaseServer
from typing import Annotated

import typer

from onmodel_cli import options, speaking

NEXT = (
    "`onmodel train -p {production}` makes a dataset with your corrections, and"
    " `onmodel export -p {production}` copies the newest dataset with them."
)
NEXT_IN_FOLDER = (
    "Corrections are in review.jsonl of the folder. Exporting to the same folder saves them in the"
    " production, and writes the folder with them: `onmodel export -p NAME --to DIR`."
)


def review(
    production: options.OfProduction = None,
    folder: Annotated[
        Path | None,
        typer.Option("--folder", help="A folder that onmodel export wrote; needs no stack."),
    ] = None,
    no_open: Annotated[
        bool, typer.Option("--no-open", help="Do not open the page in a browser.")
    ] = False,
    port: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=65_535,
            help="Of 127.0.0.1; 0 takes any free one. Left out, it is the same each time.",
        ),
    ] = None,
    stack: options.Stack = "onmodel",
    region: options.Region = None,
    local: options.Local = False,
) -> None:
    """Look at a production's pictures: reject, rename, caption, tell apart. Ends by Ctrl-C.

    What you decide holds for every later dataset of the production, and nothing is paid for it. In
    a folder it is kept in review.jsonl, until `onmodel export` to the same folder saves it.
    """
    if (production is None) == (folder is None):
        raise typer.BadParameter("Give --production or --folder, and not both.")
    with speaking.plain_errors():
        # loads OpenCV: no other command waits
        from onmodel_cli.review_server import folder_server, review_server

        if folder is not None:
            server = folder_server(folder.absolute(), port)
            after = NEXT_IN_FOLDER
        else:
            connection = options.open_stack(stack, region, local)
            slug = options.production_id(production or "", connection.registry)
            server = review_server(slug, connection, port)
            after = NEXT.format(production=slug)
        speaking.out.print(server.address)
        speaking.say("The page is served until you press Ctrl-C. The address holds a secret.")
        if not no_open:
            webbrowser.open(server.address)
        serve_until_interrupted(server)
        speaking.say(after)
        if server.is_answering:
            _end_now()


def serve_until_interrupted(server: BaseServer) -> None:
    """Every saved correction is in the stack or the folder: nothing is lost at the end."""
    try:
        server.serve_forever(poll_interval=0.2)
    except KeyboardInterrupt:
        speaking.say("Ended. Corrections that the page shows as saved are kept.")
    finally:
        server.server_close()


def _end_now() -> None:
    """End without waiting for a thread that computes.

    No thread can be ended in compiled code, and Python's own end aborts the process there.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
