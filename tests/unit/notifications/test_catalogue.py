"""A kind of notification is complete: facts class, facts function, template, golden text."""

from __future__ import annotations

from pathlib import Path

from onmodel.notifications import catalogue, letter
from onmodel.notifications.facts.base import Facts

GOLDEN = Path(__file__).parent / "golden"
TEMPLATES = Path(letter.__file__).parent / "templates"
KINDS = set(catalogue.CATALOGUE)


def test_each_kind_has_a_facts_class() -> None:
    assert {facts.kind for facts in Facts.__subclasses__()} == KINDS


def test_each_kind_has_a_facts_function_of_its_name() -> None:
    assert {kind: gather.__name__ for kind, gather in catalogue.CATALOGUE.items()} == {
        kind: kind for kind in KINDS
    }


def test_each_kind_has_a_template() -> None:
    assert {path.name.removesuffix(".txt.j2") for path in TEMPLATES.iterdir()} == KINDS


def test_each_kind_has_a_golden_text_and_its_facts() -> None:
    assert {path.name.split(".")[0] for path in GOLDEN.glob("*.txt")} == KINDS
    assert {path.stem for path in GOLDEN.glob("*.txt")} == {
        path.stem for path in GOLDEN.glob("*.json")
    }
