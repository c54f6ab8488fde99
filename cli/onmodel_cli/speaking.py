"""Output and exit codes: results on stdout, everything else on stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

import typer
from rich.console import Console
from rich.markup import escape

from onmodel.errors import OnmodelError, RefusedError, ServiceError, StillRunning
from onmodel_cli.following import RunFailed

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


class Exit(IntEnum):
    """Exit codes; Typer uses 2 for a wrong command."""

    OK = 0
    FAULT = 1
    REFUSED = 3
    SERVICE = 4
    TIMEOUT = 5
    INTERRUPTED = 130


def say(text: str) -> None:
    """Print for people, on stderr: stdout is kept for results."""
    err.print(text)


@contextmanager
def plain_errors(
    interrupted: str = "Stopped following. What runs in the stack goes on.",
) -> Iterator[None]:
    """Our errors end the command with one message and a code of their own.

    An unexpected error keeps its traceback: it is a fault of this program.

    Args:
        interrupted: what is said when somebody interrupts the command.
    """
    try:
        yield
    except RefusedError as refusal:
        _end(f"{_sentence(refusal.reason)} {_sentence(refusal.advice)}".strip(), Exit.REFUSED)
    except StillRunning as late:
        _end(str(late), Exit.TIMEOUT)
    except RunFailed as fault:
        _end(str(fault), Exit.SERVICE)
    except ServiceError as fault:
        _end(f"AWS answered with an error: {fault}{_hint(str(fault))}", Exit.SERVICE)
    except OnmodelError as fault:
        _end(str(fault), Exit.FAULT)
    except UnicodeEncodeError as fault:  # names with bytes that are no UTF-8
        _end(f"The name {fault.object} has bytes that are no UTF-8. Rename it.", Exit.REFUSED)
    except KeyboardInterrupt:
        _end(interrupted, Exit.INTERRUPTED)


def _end(message: str, code: Exit) -> None:
    readable = message.encode("utf-8", "replace").decode()  # paths may have other bytes
    err.print(f"[bold red]✗[/] {escape(readable)}")
    sys.stdout.flush()
    raise typer.Exit(code)


def _sentence(text: str) -> str:
    stripped = text.strip()
    return stripped if not stripped or stripped[-1] in ".!?" else stripped + "."


def _hint(message: str) -> str:
    lowered = message.lower()
    if "credentials" in lowered or "token" in lowered:
        return "\nSign in first (for example `aws sso login`), or set AWS_PROFILE."
    if "could not connect" in lowered:
        return "\nIs the stack running? `onmodel local status` shows the local one."
    return ""
