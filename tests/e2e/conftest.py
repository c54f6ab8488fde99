from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from drawn.films import DrawnFilm, draw_film
from e2e.deployed_stack import DeployedStack
from typer.testing import CliRunner

from onmodel_cli import main
from onmodel_cli.connection import connect, use_endpoint
from onmodel_local.deploy import STACK
from onmodel_local.pytest_plugin import Deployed

WRITTEN = ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION",
           "AWS_DEFAULT_REGION")  # fmt: skip
"""Variables that use_endpoint writes."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the file that counts calls for captions: other files' trainings make some too."""
    items.sort(key=lambda item: item.path.name != "test_train_model.py")


@pytest.fixture(scope="session")
def studio(deployed: Deployed) -> DeployedStack:
    return DeployedStack(deployed.stack, deployed.outputs, deployed.mails)


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> DrawnFilm:
    """The film of all end-to-end tests: 20 seconds, drawn, everything known of it."""
    path: Path = tmp_path_factory.mktemp("e2e") / "drawn.mp4"
    return draw_film(path, seconds=20)


@pytest.fixture
def typed(studio: DeployedStack, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Types an `onmodel` command on that stack."""
    for name in WRITTEN:
        monkeypatch.setenv(name, "")
    use_endpoint(studio.stack.endpoint_url)
    for command in ("deleting", "train"):
        monkeypatch.setattr(
            f"onmodel_cli.{command}.open_stack", lambda *_: connect(STACK, None, local=True)
        )
    return lambda *words: CliRunner().invoke(main.app, words)
