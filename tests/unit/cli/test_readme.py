"""What README and docs link to exists. What they tell people to type is typed in tests/docs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_page_when_it_links_to_a_file_the_file_is_there(page: Path) -> None:
    for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / link).exists(), link


MAILS = sorted((ROOT / "layers/core/onmodel/notifications/templates").glob("*.j2"))


@pytest.mark.parametrize("page", [*PAGES, *MAILS], ids=lambda page: page.name)
def test_text_when_it_says_that_nothing_bills_then_it_says_of_what(page: Path) -> None:
    """Another production's model may be deployed at the same time."""
    text = page.read_text(encoding="utf-8").removeprefix("# Nothing bills without an end")
    assert not re.search(r"nothing (?:bills|is billing)\b(?! by itself)", text, re.IGNORECASE)
