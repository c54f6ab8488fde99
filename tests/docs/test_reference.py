"""docs/operating.md tells what the models and the template say.

`ONMODEL_WRITE_DOCS=1 pytest tests/docs/test_reference.py` writes the tables anew.
"""

from __future__ import annotations

import os
import re

import pytest
from docs.pages import ROOT
from docs.reference import settings_reference, template_reference

from onmodel.contracts.characters import Character, TimecodeReference
from onmodel.contracts.settings import Settings

PAGE = ROOT / "docs" / "operating.md"


@pytest.mark.parametrize("name", ["settings", "parameters"])
def test_operating_page_when_read_has_the_current_tables(name: str) -> None:
    made = (
        settings_reference()
        if name == "settings"
        else template_reference((ROOT / "template.yaml").read_text(encoding="utf-8"))
    )
    page = PAGE.read_text(encoding="utf-8")
    marks = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    assert marks.search(page), f"docs/operating.md has no place for {name}"
    current = marks.sub(lambda found: f"{found[1]}{made}{found[2]}", page)
    if os.environ.get("ONMODEL_WRITE_DOCS"):
        PAGE.write_text(current, encoding="utf-8")
    assert current == PAGE.read_text(encoding="utf-8")


def test_settings_reference_when_made_names_every_key() -> None:
    text = settings_reference()
    for model in [Character, TimecodeReference]:
        for key in model.model_fields:
            assert key in text
    for name in Settings.model_fields:
        assert f"`{name}`" in text
