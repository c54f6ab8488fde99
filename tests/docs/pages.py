"""What the pages tell people to type, found in them by a Markdown parser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]
SHELLS = frozenset({"bash", "console", "sh"})
PROGRAMS = ("onmodel", "aws", "make", "sam", "uv", "git", "pytest", "python")
"""What a line of code between backticks begins with when it is something to type."""

_PARSER = MarkdownIt("commonmark").enable("table")
_PROGRAM = re.compile(rf"(?:[A-Z][A-Z_]*=\S+ )*(?:\S*/)?(?:{'|'.join(PROGRAMS)}) |\.ci/run$")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, and where it stands."""

    page: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


@dataclass(frozen=True)
class Command:
    """Something to type: a line of a shell block, or of code within a sentence or table."""

    page: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line} {self.text[:70]}"


def blocks(page: str) -> Iterator[Block]:
    """All fenced blocks of a page, in their order."""
    for token in _PARSER.parse((ROOT / page).read_text(encoding="utf-8")):
        if token.type == "fence":
            yield Block(page, _line(token), token.info.strip(), token.content)


def commands(page: str) -> Iterator[Command]:
    """All commands of a page, in their order."""
    for token in _PARSER.parse((ROOT / page).read_text(encoding="utf-8")):
        for text in _typed(token):
            yield Command(page, _line(token), text)


def code_spans(text: str) -> Iterator[str]:
    """All code between backticks in sentences and tables of a Markdown text, in its order."""
    for token in _PARSER.parse(text):
        for child in token.children or ():
            if child.type == "code_inline":
                yield child.content


def _typed(token: Token) -> Iterator[str]:
    if token.type == "fence" and token.info.strip() in SHELLS:
        prompt = "$ " if token.info.strip() == "console" else ""
        for line in token.content.replace("\\\n", " ").splitlines():
            if line.startswith(prompt) and line.strip():
                yield " ".join(line.removeprefix(prompt).split(" #")[0].split())
    for child in token.children or ():
        if child.type == "code_inline" and _PROGRAM.match(child.content):
            yield " ".join(child.content.split())


def _line(token: Token) -> int:
    assert token.map is not None
    return token.map[0] + 1
