"""What README and docs link to exists. What they tell people to type is typed in tests/docs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
ALL_PAGES = [
    *PAGES, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", ROOT / "trainer/README.md",
    ROOT / "events/README.md", ROOT / "local/onmodel_local/README.md",
    *sorted((ROOT / "docs/decisions").glob("*.md")),
]  # fmt: skip


def anchors(page: Path) -> set[str]:
    """The part of a link behind its #, for each heading of a page, as GitHub makes it."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.M)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", ALL_PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_page_when_it_links_to_a_file_then_the_file_and_its_heading_are_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for link, heading in re.findall(r"\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]+))?\)", text):
        target = page.parent / link if link else page
        assert target.exists(), link
        assert not heading or heading in anchors(target), f"{link}#{heading}"


@pytest.mark.parametrize("page", PAGES[1:], ids=lambda page: page.name)
def test_readme_when_read_then_links_each_page_of_the_docs(page: Path) -> None:
    assert f"(docs/{page.name})" in PAGES[0].read_text(encoding="utf-8")


MAILS = sorted((ROOT / "layers/core/onmodel/notifications/templates").glob("*.j2"))


@pytest.mark.parametrize("page", [*PAGES, *MAILS], ids=lambda page: page.name)
def test_text_when_it_says_that_nothing_bills_then_it_says_of_what(page: Path) -> None:
    """Another production's model may be deployed at the same time."""
    text = page.read_text(encoding="utf-8").removeprefix("# Nothing bills without an end")
    assert not re.search(r"nothing (?:bills|is billing)\b(?! by itself)", text, re.IGNORECASE)
