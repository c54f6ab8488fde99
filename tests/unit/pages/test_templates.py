from __future__ import annotations

import re
from importlib.resources import files

import pytest

TEMPLATES = {
    path.name: re.sub(r"{%.*?%}|{#.*?#}", "", path.read_text(encoding="utf-8"))
    for path in files("onmodel.pages").joinpath("templates").iterdir()
    if path.name.endswith(".j2")
}
WITH_PICTURES = sorted(name for name, text in TEMPLATES.items() if "<img" in text)


@pytest.mark.parametrize("name", WITH_PICTURES)
def test_template_when_it_has_a_picture_then_the_picture_opens_large_or_leads_further(
    name: str,
) -> None:
    around = re.findall(r"<(\w+)[^>]*>\s*<img", TEMPLATES[name])
    assert len(around) == TEMPLATES[name].count("<img")
    assert set(around) <= {"a", "summary"}
