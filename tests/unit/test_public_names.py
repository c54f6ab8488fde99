"""A public name stands for one thing: no class, function or type is defined in two modules."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("layers/core/onmodel", "cli/onmodel_cli", "local/onmodel_local")

SHARED = {
    "main": "what each program of its own begins with",
}
"""Names that several modules may define, and why."""


def public_names(source: str) -> Iterator[str]:
    """Classes, functions and type aliases at the top of a module.

    Constants are left out: a limit or a table belongs to its module and is read beside it.
    """
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            names = [node.name]
        elif isinstance(node, ast.Assign):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
            names = [name for name in names if name[0].isupper() and not name.isupper()]
        else:
            continue
        yield from (name for name in names if not name.startswith("_"))


def repeated(sources: dict[str, str]) -> dict[str, list[str]]:
    """By name, the modules that define it, for names that more than one module defines."""
    modules = defaultdict(set)
    for module, source in sources.items():
        for name in public_names(source):
            modules[name].add(module)
    return {name: sorted(places) for name, places in modules.items() if len(places) > 1}


def test_public_names_when_all_modules_are_read_then_each_is_defined_once() -> None:
    sources = {
        str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
    }
    assert len(sources) > 200
    found = repeated(sources)
    assert {name: places for name, places in found.items() if name not in SHARED} == {}
    assert set(SHARED) <= set(found), "an exception that is no longer needed"


@pytest.mark.parametrize(
    "definition",
    ["class Film: ...", "def Film(): ...", "async def Film(): ...", "Film = dict[str, str]"],
)
def test_repeated_when_two_modules_define_a_name_then_found(definition: str) -> None:
    sources = {"a.py": "class Film: ...", "b.py": definition, "c.py": "from a import Film"}
    assert repeated(sources) == {"Film": ["a.py", "b.py"]}


def test_repeated_when_names_are_private_or_constants_then_not_found() -> None:
    source = "_film = 1\ndef _read(): ...\nLIMIT = 3\nlogger = None"
    assert repeated({"a.py": source, "b.py": source}) == {}
