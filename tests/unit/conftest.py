"""AWS within the process (moto answers; no test reaches a real account), a Registry, a film."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fakes.registry import InMemoryRegistry

from onmodel.ports.registry import Registry

if TYPE_CHECKING:
    from drawn.films import DrawnFilm

REGION = "us-east-1"
ClientOf = Callable[[str], Any]

REGISTRY_TABLE = {
    "TableName": "registry",
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [
        {"AttributeName": name, "AttributeType": "S"}
        for name in ("production", "sk", "kind", "production_id")
    ],
    "KeySchema": [
        {"AttributeName": "production", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by_kind",
            "KeySchema": [
                {"AttributeName": "kind", "KeyType": "HASH"},
                {"AttributeName": "production_id", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
}


@pytest.fixture(scope="session")
def _clients() -> ClientOf:
    """Reading a service's model takes longer than a test: one client each for all."""
    from onmodel.adapters.clients import make_client  # takes long to import, few tests need it

    return cache(lambda service: make_client(service, region=REGION))


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, _clients: ClientOf) -> Iterator[ClientOf]:
    """A client by service name, over an empty account."""
    from moto import mock_aws

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield _clients


@pytest.fixture(params=["fake", "dynamodb"])
def every_registry(request: pytest.FixtureRequest) -> Registry:
    """The fake, and the adapter over a table of DynamoDB: each test runs with both."""
    if request.param == "fake":
        return InMemoryRegistry()
    from onmodel.adapters.dynamodb import DynamoRegistry

    client = request.getfixturevalue("aws")("dynamodb")
    client.create_table(**REGISTRY_TABLE)
    return DynamoRegistry(client, "registry")


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> DrawnFilm:
    """Twelve seconds, three shots, a figure or more in each, and a black second."""
    from drawn.films import draw_film

    path: Path = tmp_path_factory.mktemp("films") / "drawn.mp4"
    return draw_film(path, seconds=12, size=(1280, 720), fps=12, gop=24)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the sums of what tests counted by `record_property`."""
    sums: Counter[str] = Counter()
    for reports in (terminalreporter.getreports("passed"), terminalreporter.getreports("failed")):
        for report in reports:
            sums.update({name: int(value) for name, value in report.user_properties})  # type: ignore
    for name, value in sums.items():
        terminalreporter.write_line(f"{value:,} {name}")
