"""Jobs that run the trainer's real programs: they need torch, in .venv-trainer."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from onmodel_local.trainer_files import make_tiny_model


@pytest.fixture(scope="session")
def trainer_python() -> str:
    """The interpreter of `make test-trainer`."""
    python = os.environ.get("TRAINER_PYTHON")
    if not python:
        pytest.fail("TRAINER_PYTHON is not set: run `make test-trainer`")
    return python


@pytest.fixture(scope="session")
def tiny_model(pytestconfig: pytest.Config, trainer_python: str) -> Path:
    return make_tiny_model(pytestconfig.rootpath, trainer_python)
