from __future__ import annotations

import re
from importlib import resources

import pytest

from onmodel.pages.review import SHELL, page_file


def test_files_when_the_shell_names_them_then_they_are_there() -> None:
    shell = page_file(SHELL)
    assert shell is not None and shell.content_type == "text/html; charset=utf-8"
    named = re.findall(r'(?:src|href)="static/([^"]+)"', shell.text)
    assert named
    assert all(page_file(name) is not None for name in named)


def test_files_when_in_the_folder_then_each_is_served() -> None:
    folder = resources.files("onmodel.pages").joinpath("static", "review")
    assert all(page_file(file.name) is not None for file in folder.iterdir() if file.is_file())


@pytest.mark.parametrize("name", ["", "../review.py", "none.js", "index.htm", "main.js/", "a.txt"])
def test_files_when_none_of_the_page_then_none(name: str) -> None:
    assert page_file(name) is None
