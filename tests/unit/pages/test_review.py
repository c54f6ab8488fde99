"""The files of the review page: safe by what they do not contain, small, of one style."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

import onmodel.pages
from onmodel.pages.review import SHELL, page_file

PAGES = Path(onmodel.pages.__file__).parent
REVIEW = PAGES / "static" / "review"
MODULES = sorted(REVIEW.glob("*.js"))
MOST_OF_SHELL = 20_000  # bytes
MOST_OF_ALL = 200_000  # bytes; a first page with its items stays below 300 KB

MARKUP_FROM_TEXT = re.compile(
    r"\b(?:innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval|new Function|srcdoc)\b"
)
STYLE_ATTRIBUTE = re.compile(r"""setAttribute\(\s*["']style["']|[{,]\s*style:""")
IMPORT = re.compile(r'^(?:import|export) [^"]*from "([^"]+)";$', re.MULTILINE | re.DOTALL)
TOKEN = re.compile(r"(--[\w-]+): ([^;]+);")


class _Inline(HTMLParser):
    """Collects what a strict policy forbids, and addresses that are fetched."""

    def __init__(self) -> None:
        super().__init__()
        self.forbidden: list[str] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        settings = dict(attrs)
        if tag == "style" or (tag == "script" and "src" not in settings):
            self.forbidden.append(tag)
        self.forbidden += [name for name in settings if name == "style" or name.startswith("on")]
        if tag in {"script", "link"}:
            self.fetched.append(settings.get("src") or settings.get("href") or "")


def test_shell_when_read_then_has_no_inline_script_or_style_and_fetches_our_own_files() -> None:
    shell = (REVIEW / "index.html").read_bytes()
    page = _Inline()
    page.feed(shell.decode())
    assert page.forbidden == []
    assert page.fetched == ["data:,", "static/review.css", "static/start.js"]
    assert len(shell) < MOST_OF_SHELL
    assert sum(path.stat().st_size for path in REVIEW.iterdir()) < MOST_OF_ALL


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_module_when_read_then_makes_no_markup_of_text_and_imports_its_neighbours(
    module: Path,
) -> None:
    source = module.read_text()
    assert MARKUP_FROM_TEXT.findall(source) == []
    assert STYLE_ATTRIBUTE.findall(source) == []
    for imported in IMPORT.findall(source):
        assert (REVIEW / imported).is_file(), imported
    assert len(source.splitlines()) <= 300


def test_start_when_read_then_fetches_every_module() -> None:
    listed = re.findall(r'"(\w+\.js)"', (REVIEW / "start.js").read_text())
    assert sorted(listed) == [path.name for path in MODULES if path.name != "start.js"]


def test_colours_when_compared_with_the_other_pages_then_are_the_same() -> None:
    pages = TOKEN.findall((PAGES / "templates" / "style.css").read_text())
    review = TOKEN.findall((REVIEW / "review.css").read_text())
    colours = [token for token in pages if token[0] not in {"--hue", "--tall"}]
    ours = {"--on-fill", "--edge", "--hue"}
    assert [token for token in review if token[0] not in ours] == colours


def test_files_when_in_the_folder_then_each_is_served_as_what_it_is() -> None:
    kinds = {".js": "text/javascript", ".css": "text/css", ".html": "text/html"}
    for path in REVIEW.iterdir():
        found = page_file(path.name)
        assert found is not None
        assert found.content_type == f"{kinds[path.suffix]}; charset=utf-8"
        assert found.text == path.read_text(encoding="utf-8")
    assert page_file(SHELL) is not None


@pytest.mark.parametrize("name", ["", "../review.py", "none.js", "index.htm", "main.js/", "a.txt"])
def test_files_when_none_of_the_page_then_none(name: str) -> None:
    assert page_file(name) is None
