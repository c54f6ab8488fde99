"""The modules without DOM, tested by `modules/<module>.test.js` within the browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser.review_server import MODULES, serving
from drawn.review import CAST, review_item
from fakes.review_backend import ReviewInMemory
from playwright.sync_api import Browser, Page

TEST = re.compile(r"^export (?:async )?function (test_\w+)\(", re.MULTILINE)
TESTS = [
    pytest.param(file.name, name, id=f"{file.name.partition('.')[0]}-{name}")
    for file in sorted(MODULES.glob("*.test.js"))
    for name in TEST.findall(Path(file).read_text())
]


@pytest.fixture(scope="module")
def module_page(browser: Browser) -> Iterator[Page]:
    """A page of the review's address, so that modules are imported as the page imports them."""
    with serving(ReviewInMemory("P", CAST, [review_item(0)])) as server:
        page = browser.new_page()
        page.goto(f"{server.address}static/keys.js")
        yield page
        page.close()


@pytest.mark.parametrize(("file", "name"), TESTS)
def test_module_when_used_without_a_page_then_does_as_its_test_says(
    file: str, name: str, module_page: Page
) -> None:
    run = "([file, name]) => import(`/secret/modules/${file}`).then((tests) => tests[name]())"
    module_page.evaluate(run, [file, name])
