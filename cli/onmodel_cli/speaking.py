"""Output and exit codes: results on stdout, everything else on stderr."""

from __future__ import annotations

import errno
import json
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import Any

import typer
from botocore.exceptions import BotoCoreError
from rich.console import Console
from rich.markup import escape
from typer.exceptions import TyperException

from onmodel.errors import (
    EnvironmentIncomplete,
    OnmodelError,
    RefusedError,
    ServiceError,
    StillRunning,
)
from onmodel.formats.commands import naming_stack
from onmodel.observability import logger
from onmodel_cli.following import RunFailed

_naming: dict[str, str] = {"options": ""}
"""The options that name the stack of this command."""


class StackConsole(Console):
    """Completes the commands of `onmodel` that are printed: they work on this stack as typed."""

    def print(self, *objects: Any, **options: Any) -> None:  # noqa: ANN401 - as rich declares it
        said = [named(each) if isinstance(each, str) else each for each in objects]
        super().print(*said, **options)


out = StackConsole(highlight=False, soft_wrap=True, emoji=False)  # an ARN has `:secret:`
err = StackConsole(stderr=True, highlight=False, soft_wrap=True, emoji=False)


class LocalStackFailed(ServiceError):
    """Raised when the local stack does not start, stop or keep its data; not AWS said so."""


class Exit(IntEnum):
    """Exit codes; Typer uses 2 for a wrong command."""

    OK = 0
    FAULT = 1
    REFUSED = 3
    SERVICE = 4
    TIMEOUT = 5
    INTERRUPTED = 130


def commands_name(options: str) -> None:
    """From now on the commands in messages have these options; '' for the default stack."""
    _naming["options"] = options


def named(text: str) -> str:
    """A text whose commands name the stack of this command."""
    return naming_stack(text, _naming["options"])


def say(text: str) -> None:
    """Print for people, on stderr: stdout is kept for results."""
    err.print(text)


def print_object(value: dict[str, Any]) -> None:
    """One JSON object and nothing else on stdout."""
    print(named(json.dumps(value, indent=2, ensure_ascii=False)))


@contextmanager
def plain_errors(
    as_json: bool = False,
    *,
    interrupted: str = "Stopped following. What runs in the stack goes on.",
) -> Iterator[None]:
    """Our errors end the command with one message and a code of their own.

    An unexpected error keeps its traceback, and Python ends with FAULT: it is a fault of this
    program. Log lines of the library, warnings and worse, go to stderr meanwhile.

    Args:
        as_json: whether stdout gets the error too, as `{"error": …}`.
        interrupted: what is said when somebody interrupts the command.
    """
    try:
        with _warnings_on_stderr():
            yield
    except EnvironmentIncomplete as other:  # a stack's outputs, read as a function's variables
        said = (
            "The stack was deployed by another version of onmodel. Update it with this one:"
            " `onmodel local up`, or `sam deploy` on AWS."
        )
        _end(f"{said} ({other.reason})", Exit.REFUSED, other, as_json)
    except RefusedError as refusal:
        said = f"{_sentence(refusal.reason)} {_sentence(refusal.advice)}".strip()
        _end(said, Exit.REFUSED, refusal, as_json)
    except StillRunning as late:
        _end(str(late), Exit.TIMEOUT, late, as_json)
    except (RunFailed, LocalStackFailed) as fault:
        _end(str(fault), Exit.SERVICE, fault, as_json)
    except ServiceError as fault:
        said = f"{_beginning(fault)}: {fault}{_hint(str(fault))}"
        _end(said, Exit.SERVICE, fault, as_json)
    except OnmodelError as fault:
        _end(str(fault), Exit.FAULT, fault, as_json)
    except typer.Abort as declined:  # by a person, or because there is no terminal to ask on
        if not sys.stdin.isatty():  # the question's line has no end
            err.print()
        said = "Not confirmed, so nothing was done. --yes does it without a question."
        _end(said, Exit.REFUSED, declined, as_json)
    except (UnicodeEncodeError, OSError) as fault:
        _end(_about_a_file(fault), Exit.REFUSED, fault, as_json)
    except KeyboardInterrupt as stop:
        _end(interrupted, Exit.INTERRUPTED, stop, as_json)
    except Exception as fault:
        if as_json and not isinstance(fault, typer.Exit | TyperException):
            print_error(fault, f"A fault of onmodel: {fault}", Exit.FAULT)
        raise


def _about_a_file(fault: UnicodeEncodeError | OSError) -> str:
    """Raises the fault when it is about no file: a pipe that was closed, or a connection."""
    if isinstance(fault, OSError) and fault.errno == errno.ENOSPC and not fault.filename:
        return "The output cannot be written: no space is left. Make room for it."
    if isinstance(fault, UnicodeEncodeError):
        return f"The name {fault.object} has bytes that are no UTF-8. Rename it."
    if not fault.filename:
        raise fault
    said = _sentence(fault.strerror or "It cannot be used")
    return f"{os.fsdecode(fault.filename)}: {said} Check the path, the space and your rights."


def print_error(fault: BaseException, message: str, exit_code: int) -> None:
    """What `--json` prints of a command that fails: the error's class, a sentence, the code."""
    told = {"kind": type(fault).__name__, "message": message, "exit_code": int(exit_code)}
    print_object({"error": told})


@contextmanager
def _warnings_on_stderr() -> Iterator[None]:
    level = logger.log_level
    handlers = [each for each in logger.handlers if isinstance(each, logging.StreamHandler)]
    streams = [handler.stream for handler in handlers]
    logger.setLevel(logging.WARNING)
    for handler in handlers:
        handler.setStream(sys.stderr)
    try:
        yield
    finally:
        logger.setLevel(level)
        for handler, stream in zip(handlers, streams, strict=True):
            handler.setStream(stream)


def _end(message: str, code: Exit, fault: BaseException, as_json: bool) -> None:
    readable = message.encode("utf-8", "replace").decode()  # paths may have other bytes
    err.print(f"[bold red]✗[/] {escape(readable)}")
    if as_json:
        print_error(fault, readable, code)
    sys.stdout.flush()
    raise typer.Exit(code)


def _sentence(text: str) -> str:
    stripped = text.strip()
    return stripped if not stripped or stripped[-1] in ".!?" else stripped + "."


def _beginning(fault: ServiceError) -> str:
    if isinstance(fault.__cause__, BotoCoreError):  # no credentials, no region, no connection
        return "AWS gave no answer"
    return "AWS answered with an error"


def _hint(message: str) -> str:
    lowered = message.lower()
    if "credentials" in lowered or "token" in lowered:
        return (
            "\nSign in first (for example `aws sso login`), or set AWS_PROFILE; or use --local for "
            "the stack of `onmodel local up`."
        )
    if "could not connect" in lowered:
        return "\nIs the stack running? `onmodel local status` shows the local one."
    return ""
