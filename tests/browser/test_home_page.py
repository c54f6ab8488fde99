"""The home pages in a browser: axe, nothing beyond the right edge, and nothing else is fetched."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from fakes.home_in_memory import HomeInMemory
from playwright.sync_api import Browser

TOO_WIDE = """() => [...document.querySelectorAll("main *, header *")]
    .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
    .map((one) => one.outerHTML.slice(0, 80))"""


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_home_pages_when_examined_by_axe_then_have_no_fault_and_fit(
    scheme: str, width: int, browser: Browser, tmp_path: Path
) -> None:
    world = HomeInMemory()
    world.fill()
    page = browser.new_page(viewport={"width": width, "height": 844}, color_scheme=scheme)
    for name, link in (("home", world.home), ("stack", world.links.link_to_home(None, 1))):
        file = tmp_path / f"{name}.html"
        file.write_text(world.show(link).body, encoding="utf-8")
        page.goto(file.as_uri())
        violations = Axe().run(page).response["violations"]
        faults = [f"{one['id']}: {node['target']}" for one in violations for node in one["nodes"]]
        assert faults == [], name
        assert page.evaluate(TOO_WIDE) == [], name
        assert page.evaluate("performance.getEntriesByType('resource').length") == 0, name
    page.close()
