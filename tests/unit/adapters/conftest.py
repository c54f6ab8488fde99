"""moto answers for AWS within the process; no test may reach a real account."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
from moto import mock_aws

from onmodel.adapters.clients import make_client

REGION = "us-east-1"
ClientOf = Callable[[str], Any]


@pytest.fixture(scope="session")
def _clients() -> ClientOf:
    """Reading a service's model takes longer than a test: one client each for all."""
    return cache(lambda service: make_client(service, region=REGION))


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, _clients: ClientOf) -> Iterator[ClientOf]:
    """A client by service name, over an empty account."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield _clients
