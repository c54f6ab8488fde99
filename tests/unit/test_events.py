"""Every fixture under events/ fits its function's contract, or is refused as it says."""

import json
from pathlib import Path

import pytest
from functions import load_function

from onmodel.errors import EventRefused
from onmodel.handler import parse

ROOT = Path(__file__).parents[2]
EVENTS = sorted(
    path for path in ROOT.glob("events/*/*.json") if not path.name.endswith(".expected.json")
)


@pytest.mark.parametrize("path", EVENTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_event_when_parsed_then_fits_or_is_refused_as_expected(path: Path) -> None:
    expected = json.loads(path.with_suffix(".expected.json").read_text())
    model = load_function(path.parent.name).handler.request_model
    event = json.loads(path.read_text())
    if expected["refused"] is None:
        assert parse(model, event) is not None
    else:
        with pytest.raises(EventRefused, match=expected["refused"]):
            parse(model, event)


def test_events_when_function_exists_then_it_has_a_good_a_repeated_and_a_bad_one() -> None:
    steps = {path.parent.name for path in ROOT.glob("functions/*/app.py")}
    assert steps
    for step in steps:
        verdicts = [
            json.loads(path.read_text()) for path in ROOT.glob(f"events/{step}/*.expected.json")
        ]
        assert any(verdict["refused"] is not None for verdict in verdicts), step
        assert any(verdict.get("repeated") for verdict in verdicts), step
        assert not any(verdict["refused"] and verdict.get("repeated") for verdict in verdicts), step


@pytest.mark.parametrize(
    "path",
    sorted(ROOT.glob("events/*/*.expected.json")),
    ids=lambda path: f"{path.parent.name}/{path.name}",
)
def test_expectation_when_read_then_says_only_what_the_readme_explains(path: Path) -> None:
    expected = json.loads(path.read_text())
    assert {"refused"} <= expected.keys() <= {"refused", "repeated", "ends", "why"}
    assert ("ends" in expected) == ("why" in expected)
