"""Words as they are typed, and the command of `onmodel` that reads them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from onmodel_cli.lazy import LazyCommand
from onmodel_cli.main import app

PROGRAM: Any = get_command(app)


def command_of(words: Sequence[str]) -> tuple[TyperCommand | TyperGroup, list[str]]:
    """The command that words without `onmodel` name, or the group, and the words that it reads."""
    command, rest = PROGRAM, list(words)
    while rest and rest[0] in getattr(command, "commands", {}):
        command = command.commands[rest.pop(0)]
        if isinstance(command, LazyCommand):
            command = command.load()
    return command, rest


def parse(words: Sequence[str]) -> None:
    """Raises what the program refuses of these words."""
    command, rest = command_of(words)
    command.make_context("onmodel", rest)
