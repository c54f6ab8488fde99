from __future__ import annotations

from pathlib import Path

import pytest
from drawn.films import DrawnFilm, draw_film
from e2e.deployed_stack import DeployedStack

from onmodel_local.pytest_plugin import Deployed


@pytest.fixture(scope="session")
def studio(deployed: Deployed) -> DeployedStack:
    return DeployedStack(deployed.stack, deployed.outputs, deployed.mails)


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> DrawnFilm:
    """The film of all end-to-end tests: 20 seconds, drawn, everything known of it."""
    path: Path = tmp_path_factory.mktemp("e2e") / "drawn.mp4"
    return draw_film(path, seconds=20)
