"""Chromium, and a review page in it. `make test` skips these tests where there is no Chromium."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from browser.review_server import ReviewServer, serving
from fakes.review_backend import ReviewInMemory
from playwright.sync_api import BrowserContext, Page, expect

NAMES = ("chromium", "chromium-browser", "google-chrome")
"""Of the program. Playwright brings a browser of its own only where its servers are reachable."""

CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
HERE = Path(__file__).parent

Serve = Callable[[ReviewInMemory], ReviewServer]
PATIENCE_MS = 120_000  # it ends a hang: a busy machine is no failure
expect.set_options(timeout=PATIENCE_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if CHROMIUM or os.environ.get("ONMODEL_REQUIRE_BROWSER"):
        return
    missing = pytest.mark.skip(reason=f"none of {', '.join(NAMES)} is on PATH")
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(missing)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    assert CHROMIUM, f"ONMODEL_REQUIRE_BROWSER is set and none of {', '.join(NAMES)} is on PATH"
    return {**browser_type_launch_args, "executable_path": CHROMIUM}


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Puts a review on 127.0.0.1 for the length of a test."""
    with ExitStack() as servers:
        yield lambda backend: servers.enter_context(serving(backend))


@pytest.fixture
def context(context: BrowserContext) -> Iterator[BrowserContext]:
    """Whose pages fail the test when a script of theirs fails or breaks the policy."""
    faults: list[str] = []

    def watch(page: Page) -> None:
        page.on("pageerror", lambda fault: faults.append(str(fault)))
        page.on("console", lambda line: faults.append(line.text) if _is_policy(line.text) else None)

    context.set_default_timeout(PATIENCE_MS)
    context.on("page", watch)
    yield context
    assert faults == []


def _is_policy(line: str) -> bool:
    return "Content Security Policy" in line or "Refused to" in line
