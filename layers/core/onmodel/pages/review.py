"""The files of the review page: its shell, style and modules, as they are in static/review."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import resources

FILE_NAME = re.compile(r"[a-z][a-z0-9_-]{0,60}\.(?:js|css)")

CONTENT_TYPES = {
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
}

SHELL = "index.html"


@dataclass(frozen=True)
class PageFile:
    content_type: str
    text: str


def page_file(name: str) -> PageFile | None:
    """A file of the page; None for a name that is none of its files."""
    if name != SHELL and not FILE_NAME.fullmatch(name):
        return None
    file = resources.files("onmodel.pages").joinpath("static", "review", name)
    if not file.is_file():
        return None
    return PageFile(CONTENT_TYPES[name.rpartition(".")[2]], file.read_text(encoding="utf-8"))
