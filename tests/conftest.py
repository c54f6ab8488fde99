"""Fixtures for all tests: the local stack, started when a test asks for it."""

import pytest
from hypothesis import HealthCheck, settings

from onmodel_local.pytest_plugin import deployed, local_stack

__all__ = ["deployed", "local_stack"]

# A run is the same every time, and a busy machine is no failure: tests assert no times.
settings.register_profile(
    "suite", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("suite")

STACKS = ("sandbox", "deployed", "local_stack")
"""Session fixtures that start a local stack; a test belongs to the first of these that it uses."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of one local stack in one process (`pytest --dist loadgroup`).

    Each stack has a port and a folder of its own, so that two of them can run at the same time; a
    stack used by two processes would be started twice. Tests without a stack go by file.
    """
    for item in items:
        used: list[str] = getattr(item, "fixturenames", [])
        group = next((stack for stack in STACKS if stack in used), str(item.path))
        item.add_marker(pytest.mark.xdist_group(group))
