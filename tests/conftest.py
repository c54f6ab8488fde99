"""Fixtures for all tests: the local stack, started when a test asks for it."""

import os
from pathlib import Path

# Before NumPy is loaded: the threads of several tests' BLAS spin against each other for the cores.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pytest
from hypothesis import HealthCheck, settings

from onmodel_local.pytest_plugin import deployed, local_stack

__all__ = ["deployed", "local_stack"]

# A run is the same every time, and a busy machine is no failure: tests assert no times.
settings.register_profile(
    "suite", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("suite")

HERE = Path(__file__).parent
LONGEST = (
    "e2e/test_train_model.py", "e2e/test_train_on_sagemaker.py", "e2e/test_update.py",
    "e2e/test_prepare_film.py", "integration/local/test_sagemaker.py",
)  # fmt: skip
"""Files that take a minute or more. They are begun first, or one process would work on the last of
them while the others have nothing left to do."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    place = {HERE / name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path, len(LONGEST)))
