"""What `sam local` is started with, and what is said of answers (tests/runtime), without Docker."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from runtime.expectations import Expectation
from runtime.playing import play
from runtime.sam_template import write_template

BUILT = """
Globals: {Function: {Runtime: python3.13, Layers: [!Ref CoreLayer]}}
Resources:
  CoreLayer: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: CoreLayer}}
  VisionLayer: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: VisionLayer}}
  ClaimRunFunction: {Type: AWS::Serverless::Function, Properties: {CodeUri: ../functions/claim_run}}
  ProbeFilmFunction:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: ../functions/probe_film, Layers: [!Ref VisionLayer]}
"""


@pytest.fixture
def build(tmp_path: Path) -> Path:
    for layer in ("CoreLayer", "VisionLayer"):
        (tmp_path / "build" / layer / "python").mkdir(parents=True)
        (tmp_path / "build" / layer / "python" / "code.py").write_text("BEFORE = 1\n")
    (tmp_path / "build" / "template.yaml").write_text(BUILT)
    return tmp_path / "build"


def properties(template: Path, function: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(template.read_text())["Resources"][function]["Properties"]
    return found


def layers(template: Path, function: str = "ProbeFilmFunction") -> list[str]:
    found: list[str] = properties(template, function)["Layers"]
    return found


def test_template_when_written_then_its_layers_are_the_built_ones_in_sams_cache(
    build: Path, tmp_path: Path
) -> None:
    template = write_template(build, tmp_path / "cache")
    assert template.parent == build  # CodeUri is relative to it
    assert properties(template, "ClaimRunFunction") == {
        "CodeUri": "../functions/claim_run",
        "Layers": layers(template)[1:],  # the core layer alone, as the template says
    }
    assert [arn.split(":")[6].split("-")[0] for arn in layers(template)] == [
        "VisionLayer",
        "CoreLayer",
    ]
    cached = {path.name: path.resolve() for path in (tmp_path / "cache").iterdir()}
    assert set(cached.values()) == {build / "CoreLayer", build / "VisionLayer"}
    for arn in layers(template):
        assert any(name.startswith(f"{arn.split(':')[6]}-1-") for name in cached)


def test_template_when_code_of_a_layer_changes_then_that_layer_alone_has_a_new_name(
    build: Path, tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    vision, core = layers(write_template(build, cache))
    assert layers(write_template(build, cache)) == [vision, core]
    (build / "CoreLayer" / "python" / "code.py").write_text("AFTER_ = 1\n")
    same, changed = layers(write_template(build, cache))
    assert (same, changed != core) == (vision, True)
    assert len(list(cache.iterdir())) == 2  # the one before is gone


class CountedStack:
    """Answers what a stack's stand-ins have counted."""

    def __init__(self, calls: dict[str, Any]) -> None:
        self.calls = calls

    def control(self, path: str, order: dict[str, Any] | None = None) -> Any:
        return self.calls if path == "calls-of-root" else {}


FREE = CountedStack({"s3": {"GetObject": {"ok": 3}}})
PAYING = CountedStack({"bedrock-runtime": {"InvokeModel": {"ok": 2}}})


@pytest.mark.parametrize(
    ("stack", "expected", "given", "fault"),
    [
        (FREE, {"refused": None}, ["{}"], None),
        (FREE, {"refused": None}, ["killed"], "no JSON: 'killed'"),
        (FREE, {"refused": None}, ['{"errorType": "KeyError"}'], "came to KeyError, not an answer"),
        (FREE, {"refused": "width"}, ["{}"], "came to an answer, not EventRefused"),
        (
            FREE,
            {"refused": "width"},
            ['{"errorType": "EventRefused", "errorMessage": "height"}'],
            "refused for something else",
        ),
        (FREE, {"refused": None, "repeated": True}, ["[1]", "[1]"], None),
        (FREE, {"refused": None, "repeated": True}, ["[1]", "[2]"], "came to [2] after [1]"),
        (FREE, {"refused": None, "repeated": True}, ["[1]", "killed"], "no JSON: 'killed'"),
        (FREE, {"refused": None, "repeated": {"a": 2}}, ['{"a": 1}', '{"a": 2, "b": 3}'], None),
        (PAYING, {"refused": None, "repeated": True}, ["1", "1"], "bedrock-runtime.InvokeModel"),
        (PAYING, {"refused": None}, ["1"], None),
    ],
)
def test_fixture_when_played_then_what_is_not_as_it_says_is_told(
    stack: CountedStack,
    expected: dict[str, Any],
    given: list[str],
    fault: str | None,
    tmp_path: Path,
) -> None:
    event = tmp_path / "case.json"
    event.write_bytes(b'{"size": 1}')
    left = iter(given)
    called = []

    def call(sent: bytes) -> str:
        called.append(sent)
        return next(left)

    played = play(Expectation(event, **expected), call, stack)  # type: ignore[arg-type]
    assert called == [b'{"size": 1}'] * len(given)
    assert played.answer == given[0]
    assert played.fault is None if fault is None else fault in str(played.fault)
