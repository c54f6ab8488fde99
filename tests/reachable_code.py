"""What a function's handler can reach: definitions, followed name by name through the imports."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

from template_model import ROOT, handler_source

PACKAGE = ROOT / "layers" / "core"
BESIDE = {
    "onmodel.wiring",  # makes every service there is, for whoever asks
    "onmodel.registry.rows",  # makes every call of the Registry: counted where a step calls it
}

Definition = tuple[str, str]
"""A module and a name in it."""


def reached_from(step: str) -> Iterator[ast.AST]:
    """The definitions that functions/<step>/app.py uses, and those that they use."""
    for _, node in definitions_from(step):
        yield node


def libraries_of(step: str) -> set[str]:
    """The packages, other than onmodel, that the reached definitions name."""
    return {
        library
        for module, node in definitions_from(step)
        for name, library in _libraries(module).items()
        if name in names_in(node)
    }


def definitions_from(step: str) -> Iterator[tuple[str, ast.AST]]:
    """(module, definition) for each."""
    source = handler_source(step)
    names = _imports(source)
    waiting = [found for name in names_in(source) if name in names for found in names[name]]
    seen: set[Definition] = set()
    while waiting:
        place = waiting.pop()
        if place in seen or place[0] in BESIDE:
            continue
        seen.add(place)
        known, imported = _module(place[0])
        node = known.get(place[1])
        if node is None:
            waiting += imported.get(place[1], ())  # passed on by a package's __init__
            continue
        yield place[0], node
        for name in names_in(node):
            waiting += [(place[0], name)] if name in known else imported.get(name, ())


@functools.cache  # nodes are told apart by their identity; most are reached from many functions
def names_in(node: ast.AST) -> frozenset[str]:
    return frozenset(each.id for each in ast.walk(node) if isinstance(each, ast.Name))


@functools.cache
def _module(name: str) -> tuple[dict[str, ast.AST], dict[str, tuple[Definition, ...]]]:
    """A module's own definitions by name, and where its other names come from."""
    tree = ast.parse(_path(name).read_text(encoding="utf-8"))
    known: dict[str, ast.AST] = {}
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            known[node.name] = node
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            known |= {target.id: node for target in targets if isinstance(target, ast.Name)}
    return known, _imports(tree)


def _imports(tree: ast.AST) -> dict[str, tuple[Definition, ...]]:
    found: dict[str, tuple[Definition, ...]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("onmodel"):
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                places = [(str(node.module), alias.name)]
                if _path(whole).exists():  # a module: all that it defines
                    places = [(whole, name) for name in _module(whole)[0]]
                found[alias.asname or alias.name] = tuple(places)
    return found


@functools.cache
def _libraries(module: str) -> dict[str, str]:
    """Which package each imported name of a module comes from."""
    found: dict[str, str] = {}
    for node in ast.walk(ast.parse(_path(module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = {each.asname or each.name.split(".")[0]: each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = {each.asname or each.name: node.module for each in node.names}
        else:
            continue
        found |= {name: library.split(".")[0] for name, library in names.items()}
    return found


def _path(module: str) -> Path:
    place = PACKAGE / module.replace(".", "/")
    return place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
