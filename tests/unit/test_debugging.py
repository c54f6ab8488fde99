"""docs/debugging.md names what exists; its commands are typed in tests/docs."""

from __future__ import annotations

import json
import re
from pathlib import Path

from onmodel_local.packaging import load_template

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "debugging.md").read_text(encoding="utf-8")


def test_page_when_it_names_log_groups_then_their_functions_exist() -> None:
    steps = re.findall(r"/aws/lambda/onmodel-(\w+)", PAGE)
    assert steps
    assert all((ROOT / "functions" / step / "app.py").is_file() for step in steps)


def test_page_when_it_names_error_classes_then_they_are_of_the_tree() -> None:
    source = (ROOT / "layers/core/onmodel/errors.py").read_text(encoding="utf-8")
    named = re.findall(r"`([A-Z]\w+(?:Refused|Unavailable)|Throttled)`", PAGE)
    assert named
    assert all(f"class {name}(" in source for name in named)


def test_variables_of_sam_local_when_listed_then_the_template_declares_them() -> None:
    template = load_template((ROOT / "template.yaml").read_text(encoding="utf-8"))
    declared = template["Globals"]["Function"]["Environment"]["Variables"]
    listed = json.loads((ROOT / "events" / "env.json").read_text())["Parameters"]
    assert listed.keys() <= declared.keys()
