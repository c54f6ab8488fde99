"""Commands whose modules are imported when they are called: `onmodel --help` needs none of them."""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import Any, cast

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group


class LazyCommand(TyperCommand):
    """A line of `onmodel --help`. The command itself is imported when its own words are read.

    Args:
        name: what is typed.
        place: "module:attribute", a function or a group of commands.
        help: the first paragraph of its own help.
    """

    def __init__(self, name: str, place: str, help: str) -> None:  # noqa: A002 - as Typer calls it
        super().__init__(name, help=help)
        self.place = place

    def load(self) -> TyperCommand | TyperGroup:
        """The command with its options, or the group with its commands."""
        module, _, attribute = self.place.partition(":")
        found = getattr(import_module(module), attribute)
        if isinstance(found, typer.Typer):
            _join_help_lines(found)
            group = get_group(found)
            group.name = self.name
            return group
        alone = typer.Typer(add_completion=False, rich_markup_mode="rich")
        alone.command(self.name)(found)
        _join_help_lines(alone)
        return cast(TyperCommand, get_command(alone))

    def make_context(self, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - as Typer's
        """That of the command itself, which is then the one that runs."""
        return self.load().make_context(*arguments, **options)


def _join_help_lines(commands: typer.Typer) -> None:
    """Typer keeps the docstrings' line breaks after the first paragraph: they fit no terminal."""
    for command in commands.registered_commands:
        paragraphs = (inspect.getdoc(command.callback) or "").split("\n\n")
        command.help = "\n\n".join(paragraph.replace("\n", " ") for paragraph in paragraphs)
