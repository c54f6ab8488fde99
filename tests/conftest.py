"""Fixtures for all tests: the local stack, started when a test asks for it."""

from onmodel_local.pytest_plugin import deployed, local_stack

__all__ = ["deployed", "local_stack"]
