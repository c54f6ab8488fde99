from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from onmodel.contracts.weights import WeightsListing, weights_prefix
from onmodel_local.simulation_settings import SimulationSettings
from onmodel_local.trainer_files import (
    SCRIPTED,
    WeightsRefusedError,
    link_weights,
    put_trainer_files,
)


class StackInMemory:
    """Objects by key, with their declared sizes."""

    def __init__(self, settings: SimulationSettings) -> None:
        self._settings = settings
        self.objects: dict[str, bytes] = {}
        self.sizes: dict[str, int] = {}

    def client(self, service: str) -> StackInMemory:
        assert service == "s3"
        return self

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> None:  # noqa: N803
        assert Bucket == "studio"
        self.objects[Key], self.sizes[Key] = Body, len(Body)

    def control(self, path: str, order: dict[str, Any] | None = None) -> Any:
        if path == "simulation-settings":
            return vars(self._settings)
        assert path == "objects/size"
        assert order is not None
        self.sizes[order["key"]] = order["size"]
        return None


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with the trainer's requirements."""
    (tmp_path / "repository" / "trainer").mkdir(parents=True)
    (tmp_path / "repository" / "trainer" / "requirements.txt").write_text("diffusers==1\n")
    return tmp_path / "repository"


@pytest.fixture
def pipeline(tmp_path: Path) -> Path:
    """A folder as the hub's cache has it: links, a hidden folder above."""
    blobs = tmp_path / ".cache" / "blobs"
    (blobs / "vae").mkdir(parents=True)
    (blobs / "model_index.json").write_text("{}")
    (blobs / "LICENSE.md").write_text("Apache-2.0")
    (blobs / "README.md").write_text("---\nlicense: apache-2.0\n---\n")
    (blobs / "vae" / "weights.safetensors").write_bytes(b"12345")
    (blobs / ".gitattributes").write_text("")
    snapshot = tmp_path / ".cache" / "klein"
    shutil.copytree(blobs, snapshot, copy_function=os.symlink)
    return snapshot


def test_link_weights_when_folder_has_no_listing_then_links_and_a_listing(
    pipeline: Path, root: Path
) -> None:
    linked = link_weights(pipeline, root)
    listing = WeightsListing.model_validate_json((linked / "weights.json").read_bytes())
    assert set(listing.files) == {
        "model_index.json", "LICENSE.md", "README.md", "vae/weights.safetensors",
    }  # fmt: skip
    assert listing.files["vae/weights.safetensors"] == hashlib.sha256(b"12345").hexdigest()
    assert (listing.model, listing.licence) == ("klein", "apache-2.0")
    assert (linked / "vae" / "weights.safetensors").read_bytes() == b"12345"
    assert not (pipeline / "weights.json").exists()
    assert link_weights(pipeline, root) == linked


def test_link_weights_when_folder_has_a_listing_then_the_folder_itself(
    pipeline: Path, root: Path
) -> None:
    (pipeline / "weights.json").write_text("{}")
    assert link_weights(pipeline, root) == pipeline


@pytest.mark.parametrize(
    ("missing", "message"),
    [("model_index.json", "no model_index.json"), ("LICENSE.md", "no LICENSE")],
)
def test_link_weights_when_a_file_is_missing_then_refused(
    pipeline: Path, root: Path, missing: str, message: str
) -> None:
    (pipeline / missing).unlink()
    with pytest.raises(WeightsRefusedError, match=message):
        link_weights(pipeline, root)


def test_put_trainer_files_when_weights_are_a_folder_then_objects_have_only_its_sizes(
    pipeline: Path, root: Path
) -> None:
    linked = link_weights(pipeline, root)
    stack = StackInMemory(SimulationSettings(weights_folder=str(linked)))
    put_trainer_files(stack, "studio", root)
    key = f"{weights_prefix()}vae/weights.safetensors"
    assert (stack.objects[key], stack.sizes[key]) == (b"", 5)
    listing = WeightsListing.model_validate_json(stack.objects[f"{weights_prefix()}weights.json"])
    assert {name: stack.sizes[f"{weights_prefix()}{name}"] for name in listing.sizes} == (
        listing.sizes
    )


def test_put_trainer_files_when_jobs_are_scripted_then_weights_say_that_there_is_no_model(
    root: Path,
) -> None:
    stack = StackInMemory(SimulationSettings())
    put_trainer_files(stack, "studio", root)
    listing = json.loads(stack.objects[f"{weights_prefix()}weights.json"])
    assert listing["model"] == SCRIPTED
    licence = stack.objects[f"{weights_prefix()}LICENSE"]
    assert listing["files"] == {"LICENSE": hashlib.sha256(licence).hexdigest()}
    (wheels,) = [key for key in stack.objects if key.endswith("/wheels.json")]
    requirements = hashlib.sha256(b"diffusers==1\n").hexdigest()
    assert wheels == f"trainers/sagemaker/wheels/{requirements[:16]}/wheels.json"
