"""The modules that the local stack's page lists have the names and arguments that it lists."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator

import pytest
from docs.pages import ROOT, code_spans

PAGE = ROOT / "local" / "onmodel_local" / "README.md"
_ROW = re.compile(r"^\| (`.+?`) \| (.+) \|$", re.MULTILINE)
_CALL = re.compile(r"(\w+)\((.*)\)")


def listed() -> Iterator[tuple[str, str]]:
    """Each file of the table, and each call that its row has."""
    table = PAGE.read_text(encoding="utf-8").split("| module | what |")[1].split("\n\n")[0]
    for files, what in _ROW.findall(table):
        for file in code_spans(files):
            yield file, ""
            for span in code_spans(what):
                if _CALL.fullmatch(span) and file.endswith(".py"):
                    yield file, span


@pytest.mark.parametrize(("file", "call"), list(listed()))
def test_module_of_the_page_when_read_then_it_has_what_is_listed(file: str, call: str) -> None:
    assert (PAGE.parent / file).exists()
    if not call:
        return
    module = importlib.import_module(f"onmodel_local.{file.removesuffix('.py')}")
    name, arguments = _CALL.fullmatch(call).groups()  # type: ignore[union-attr]
    owners = (module, *vars(module).values())  # a method may be listed without its class
    called = next(getattr(owner, name) for owner in owners if hasattr(owner, name))
    known = inspect.signature(called).parameters
    assert {word.strip(" =") for word in arguments.split(",") if word.strip()} <= known.keys()
