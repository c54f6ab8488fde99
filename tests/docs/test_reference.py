"""docs/operating.md and docs/security.md have what the models and the template say.

`ONMODEL_WRITE_DOCS=1 pytest tests/docs/test_reference.py` writes the tables anew.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable

import pytest
from deployed_template import expand
from docs.pages import ROOT
from docs.reference import settings_reference, template_reference
from docs.rights import rights_reference

from onmodel.contracts.characters import Character, TimecodeReference
from onmodel.contracts.settings import Settings

TEMPLATE = ROOT / "template.yaml"

TABLES: dict[str, tuple[str, Callable[[], str]]] = {
    "settings": ("operating.md", settings_reference),
    "parameters": (
        "operating.md",
        lambda: template_reference(TEMPLATE.read_text(encoding="utf-8")),
    ),
    "rights": ("security.md", rights_reference),
}
"""The page of each table, and what makes it."""


@pytest.mark.parametrize("name", TABLES)
def test_page_when_read_has_the_current_table(name: str) -> None:
    page_name, make = TABLES[name]
    path = ROOT / "docs" / page_name
    page = path.read_text(encoding="utf-8")
    marks = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    assert marks.search(page), f"docs/{page_name} has no place for {name}"
    made = make()
    current = marks.sub(lambda found: f"{found[1]}{made}{found[2]}", page)
    if os.environ.get("ONMODEL_WRITE_DOCS"):
        path.write_text(current, encoding="utf-8")
    assert current == path.read_text(encoding="utf-8")


def test_rights_reference_when_made_has_each_role_and_no_right_is_hidden_but_logs_and_traces() -> (
    None
):
    template, text = expand(), rights_reference()
    rows = {line.split("|")[1].strip(" `"): line for line in text.splitlines()[2:]}
    assert set(rows) == set(template.of("AWS::IAM::Role"))
    for role, row in rows.items():
        for action in template.allowed(role):
            service, name = action.split(":")
            if service not in {"logs", "xray", "sts"}:
                assert f"`{action}`" in row or f"`{name}`" in row, (role, action)


def test_settings_reference_when_made_names_every_key() -> None:
    text = settings_reference()
    for model in [Character, TimecodeReference]:
        for key in model.model_fields:
            assert key in text
    for name in Settings.model_fields:
        assert f"`{name}`" in text
