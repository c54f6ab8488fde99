"""Paths of the repository that the pages name exist."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from docs.pages import ROOT, code_spans

_DOCS = (path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.md"))
PAGES = ["README.md", "CONTRIBUTING.md", *sorted(_DOCS)]
PLACES = (ROOT, ROOT / "layers/core/onmodel", ROOT / "docs", ROOT / "cli")
"""Where a path may begin: the pages write `steps/probe_film.py` for the package's own files."""
CODE = ("layers/core", "functions", "cli", "local", "bench", "tests")

MADE = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
"""Folders that commands make, such as .cache/: a page may name a file that is made later."""

_PATH = re.compile(r"[\w.<>*-]+(?:/[\w.<>*-]+)*/?")
_OURS = re.compile(r"\.(?:py|j2|md|toml|asl\.yaml)$")


def is_path(text: str) -> bool:
    """Whether code in a page names a file or folder of ours, not a key of a bucket or a command."""
    if not _PATH.fullmatch(text) or text.startswith("<"):
        return False
    if "/" not in text:
        return text.endswith(".py")
    first = text.split("/", maxsplit=1)[0]
    if f"{first}/" in MADE:
        return False
    return bool(_OURS.search(text)) or any((place / first).exists() for place in PLACES)


def exists(path: str) -> bool:
    """`<name>` stands for any name; a file without its folder may lie anywhere in code or tests."""
    pattern = re.sub(r"<\w+>", "*", path.rstrip("/"))
    if "/" not in path:
        return any(next((ROOT / top).rglob(pattern), None) is not None for top in CODE)
    return any(next(place.glob(pattern), None) is not None for place in PLACES)


def paths(page: str) -> Iterator[str]:
    return (text for text in code_spans((ROOT / page).read_text(encoding="utf-8")) if is_path(text))


@pytest.mark.parametrize("page", PAGES)
def test_page_when_it_names_paths_then_they_exist(page: str) -> None:
    assert [path for path in paths(page) if not exists(path)] == []


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Open `steps/no_such_step.py` or `statemachine/no_such.asl.yaml`.", 2),
        ("Open `functions/<step>/no_such_file`.", 1),
        ("Open `functions/<step>/app.py` and `docs/architecture.md`.", 0),
        ("Put it under `<production>/films/`, or type `make test`.", 0),
    ],
)
def test_text_when_it_names_a_path_that_does_not_exist_then_it_is_found(
    text: str, named: int
) -> None:
    missing = [span for span in code_spans(text) if is_path(span) and not exists(span)]
    assert len(missing) == named


def test_contributing_when_it_answers_a_newcomer_then_names_at_most_four_files_each() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = page.split("\n## Eight questions")[1].split("\n## ")[0]
    answers = re.split(r"\n\*\*(.+?\?)\*\*", section)[1:]
    named = {
        question: len(set(filter(is_path, code_spans(answer))))
        for question, answer in zip(answers[::2], answers[1::2], strict=True)
    }
    assert len(named) == 8
    assert {question for question, files in named.items() if not 1 <= files <= 4} == set()
