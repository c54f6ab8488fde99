"""Fixtures for all tests: the local stack, started when a test asks for it."""

import os

# Before NumPy is loaded: the threads of several tests' BLAS spin against each other for the cores.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from hypothesis import HealthCheck, settings

from onmodel_local.pytest_plugin import deployed, local_stack

__all__ = ["deployed", "local_stack"]

# A run is the same every time, and a busy machine is no failure: tests assert no times.
settings.register_profile(
    "suite", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("suite")
