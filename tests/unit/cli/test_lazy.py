"""`onmodel` imports what the command needs that is called, and no more."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.core import TyperGroup

from onmodel_cli.lazy import LazyCommand
from onmodel_cli.main import COMMANDS

HEAVY = {
    "av", "awscrt", "boto3", "botocore", "cv2", "jinja2", "numpy", "onmodel", "pydantic", "yaml"
}  # fmt: skip

CALL = """
import sys
from onmodel_cli.main import app
try:
    app(sys.argv[1:])
finally:
    print(*{name.partition(".")[0] for name in sys.modules}, file=sys.stderr)
"""


def imported_by(*words: str) -> set[str]:
    """The packages that a new process has imported after these words; it must end well."""
    done = subprocess.run(
        [sys.executable, "-c", CALL, *words], capture_output=True, text=True, check=True
    )
    return set(done.stderr.split())


@pytest.mark.parametrize("words", [["--version"], ["--help"]])
def test_program_when_it_only_tells_of_itself_then_no_heavy_package_is_imported(
    words: list[str],
) -> None:
    assert imported_by(*words) & HEAVY == set()


def test_status_when_called_then_what_it_works_with_is_imported_and_no_decoder() -> None:
    imported = imported_by("status", "--help")
    assert imported >= {"boto3", "onmodel", "pydantic"}
    assert imported & {"av", "cv2", "numpy"} == set()


@pytest.mark.parametrize("listed", COMMANDS, ids=lambda listed: listed.name)
def test_command_when_loaded_then_it_has_its_name_and_its_help_begins_as_it_is_listed(
    listed: LazyCommand,
) -> None:
    loaded = listed.load()
    assert loaded.name == listed.name
    assert (loaded.help or "").split("\n\n")[0] == listed.help


def test_groups_when_loaded_then_each_has_commands_of_its_own() -> None:
    loaded = {listed.name: listed.load() for listed in COMMANDS}
    groups = {name: each for name, each in loaded.items() if isinstance(each, TyperGroup)}
    assert groups.keys() == {"model", "trainer", "local"}
    assert all(group.commands for group in groups.values())


def test_help_when_a_paragraph_has_several_lines_then_the_terminal_breaks_them() -> None:
    loaded = [listed.load() for listed in COMMANDS]
    within = [each for group in loaded for each in getattr(group, "commands", {}).values()]
    described = [each.help or "" for each in (*loaded, *within)]
    assert any("again costs nothing and shows the result. A changed" in text for text in described)
    assert not any("\n" in text.replace("\n\n", "") for text in described)
