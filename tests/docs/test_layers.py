"""docs/architecture.md shows the layers that import-linter enforces."""

from __future__ import annotations

import re
import tomllib

from docs.pages import ROOT


def enforced() -> list[set[str]]:
    """The layers of the package from the top down; those of one set do not import each other."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (contract,) = [
        contract
        for contract in settings["tool"]["importlinter"]["contracts"]
        if contract["name"] == "Imports run downward"
    ]
    return [set(layer.split(" | ")) for layer in contract["layers"]]


def shown() -> list[set[str]]:
    """The first cells of the table of layers, from the top down."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    section = page.split("\n## The layers of the package\n")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    return [set(re.findall(r"`(\w+)(?:/|\.py)`", row.split("|")[1])) for row in rows]


def test_layers_when_shown_then_are_those_that_are_enforced_in_their_order() -> None:
    assert shown() == enforced()
