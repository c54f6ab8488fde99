"""Every command of ours that a message or an advice tells people to type is typed here.

tests/unit/notifications/test_letter.py types the lines of mails.
"""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from typed_commands import parse

from onmodel.formats.commands import naming_stack

ROOT = Path(__file__).parents[3]
SOURCES = ("cli/onmodel_cli", "layers/core/onmodel", "local/onmodel_local", "functions")
TYPED = re.compile(r"`(onmodel [a-z][^`\n]*)`")
INSERTED = "1"
"""Stands for a value that the program inserts: a name, an id, or a number."""


def told(source: str) -> Iterator[str]:
    """The text of each string of a module that is not a docstring."""
    tree = ast.parse(source)
    docstrings = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else INSERTED
                for part in node.values
            )
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in docstrings
        ):
            yield node.value


def commands() -> Iterator[tuple[str, str]]:
    """Place and command, each once."""
    found: dict[str, str] = {}
    for folder in SOURCES:
        for path in sorted((ROOT / folder).rglob("*.py")):
            source = path.read_text(encoding="utf-8")
            for text in told(source) if "onmodel " in source else ():
                for command in TYPED.findall(text):
                    found.setdefault(command, path.relative_to(ROOT).as_posix())
        for path in sorted((ROOT / folder).rglob("*.j2")):
            for command in TYPED.findall(path.read_text(encoding="utf-8")):
                found.setdefault(command, path.name)
    yield from ((place, command) for command, place in found.items())


def type_in(command: str) -> None:
    """As a shell and the program's parser read it; raises what they refuse."""
    _, *words = shlex.split(command)
    parse(words)
    if words[0] == "review":  # its options are all optional, and one of these two is needed
        assert {"-p", "--folder", "--help"} & set(words), "neither a production nor a folder"


@pytest.mark.parametrize(("place", "command"), list(commands()))
def test_command_when_it_is_printed_then_the_program_takes_it_as_it_stands(
    place: str, command: str
) -> None:
    for options in ("--local", "--stack mine --region us-east-1"):
        type_in(naming_stack(f"`{command}`", options).strip("`"))


def test_commands_when_gathered_then_they_come_from_the_program_and_from_the_functions() -> None:
    assert {"cli", "layers"} <= {place.partition("/")[0] for place, _ in commands()}
