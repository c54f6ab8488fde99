"""The handlers under functions/, loaded as Lambda loads them."""

from __future__ import annotations

import functools
import importlib.util
import os
from collections.abc import Mapping
from types import ModuleType
from unittest import mock

from template_model import ROOT, read_template

STEPS = sorted(path.parent.name for path in ROOT.glob("functions/*/app.py"))
FOR_LIBRARIES = ("AWS_DATA_PATH", "POWERTOOLS_", "OPENBLAS_")
"""Variables that libraries read by themselves."""


def variables_of_the_template() -> dict[str, str]:
    """What every function gets: a parameter's default, and else the variable's name as a value.

    On AWS: the endpoint is empty, and Lambda adds the region.
    """
    return dict(_variables())


@functools.cache
def _variables() -> dict[str, str]:
    template = read_template()
    declared = template.body["Globals"]["Function"]["Environment"]["Variables"]
    found = {name: name.lower() for name in declared}
    for name, value in declared.items():
        if isinstance(value, dict):
            chosen = value["Fn::If"][1] if "Fn::If" in value else value  # as OnAws is true
            parameter = template.body["Parameters"].get(chosen.get("Ref"))
            found[name] = str(parameter["Default"]) if parameter else found[name]
    topic = "arn:aws:sns:us-east-1:123456789012:onmodel"  # read for its region and account
    return found | {"AWS_REGION": "us-east-1", "TOPIC_ARN": topic}


def load_function(step: str, variables: Mapping[str, str] | None = None) -> ModuleType:
    """The module functions/<step>/app.py; the template's variables are set while it loads."""
    path = ROOT / "functions" / step / "app.py"
    spec = importlib.util.spec_from_file_location(f"functions_{step}_app", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    known = variables_of_the_template()
    others = {name: value for name, value in os.environ.items() if name not in known}
    given = known if variables is None else variables
    with mock.patch.dict(os.environ, {**others, **given}, clear=True):
        spec.loader.exec_module(module)
    return module
