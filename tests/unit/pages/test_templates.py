from __future__ import annotations

import re
from dataclasses import replace
from importlib.resources import files

import pytest

from onmodel.pages.film import render_film_report
from onmodel.pages.templating import _TEMPLATES, PageCommands, code

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


def test_code_when_a_text_names_a_command_then_it_works_as_typed_and_options_stay_whole() -> None:
    commands = PageCommands("--local", "Her film")
    context = _TEMPLATES.from_string("").new_context({"commands": commands})
    assert str(code(context, "<b> `onmodel train -p NAME` & more")) == (
        "&lt;b&gt; <code>onmodel train <span>-p</span> &#39;Her film&#39;"
        " <span>--local</span></code> &amp; more"
    )


def test_film_page_when_somebody_has_no_name_then_its_command_names_production_and_stack(
    make_report,
) -> None:
    report = replace(make_report(), stack_options="--stack films --region eu-central-1")
    html = b"".join(page for _, page in render_film_report(report)).decode()
    told = re.sub(r"</?(code|span)>", "", html)
    assert "onmodel review -p &#39;Big Buck Bunny&#39; --stack films --region eu-central-1" in told
