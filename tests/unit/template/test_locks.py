"""What is deployed is what was tested: the layers' locks follow uv.lock."""

from __future__ import annotations

import re
import tomllib

import pytest
from template_model import ROOT

PIN = re.compile(r"^([a-z0-9-]+)==(\S+)", re.MULTILINE)


def locked() -> set[tuple[str, str]]:
    lock = tomllib.loads((ROOT / "uv.lock").read_text())
    return {(package["name"], package.get("version", "")) for package in lock["package"]}


LOCKS = ["core/requirements.txt", "core/service-models.txt", "vision/requirements.txt"]
"""What the layers' builds install, below layers/."""


def pins(lock: str) -> list[tuple[str, str]]:
    return PIN.findall((ROOT / "layers" / lock).read_text())


@pytest.mark.parametrize("lock", LOCKS)
def test_layer_when_locked_then_at_the_versions_of_the_project(lock: str) -> None:
    assert pins(lock)
    assert set(pins(lock)) <= locked()


@pytest.mark.parametrize("lock", LOCKS)
def test_layer_when_locked_then_every_pin_has_hashes(lock: str) -> None:
    text = (ROOT / "layers" / lock).read_text()
    for block in re.split(r"\n(?=\S)", text.strip()):
        assert "--hash=sha256:" in block


def test_core_when_locked_then_has_each_dependency_but_the_runtimes_own() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {re.split(r"[\[<>=]", spec)[0] for spec in project["dependencies"]}
    names = {name for name, _ in pins("core/requirements.txt")}
    assert wanted - names == {"boto3"}
    assert "botocore" not in names


def test_service_models_when_locked_then_of_botocore_alone() -> None:
    assert [name for name, _ in pins("core/service-models.txt")] == ["botocore"]


def test_vision_when_locked_then_opencv_is_4() -> None:
    """OpenCV 5.0 returns black frames for interlaced MPEG-2 and crashes in SFace."""
    versions = dict(pins("vision/requirements.txt"))
    assert set(versions) == {"av", "numpy", "opencv-python-headless"}
    assert versions["opencv-python-headless"].startswith("4.")
