"""The pages' blocks of Python and YAML are run and loaded; their layouts are routed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from docs.pages import ROOT, SHELLS, Block, blocks
from drawn.films import draw_film

from onmodel.films.settings import parse_settings
from onmodel.films.upload_layout import (
    FilmFile,
    ReferenceFile,
    SettingsFile,
    StoryboardFile,
    classify,
)
from onmodel.money.pricebook import PriceBook
from onmodel.storyboards.planning import parse_storyboard

PAGES = ["README.md", *sorted(f"docs/{path.name}" for path in ROOT.glob("docs/*.md"))]
BLOCKS = [block for page in PAGES for block in blocks(page)]
LOADERS = {
    "prices": PriceBook.load,
    "scenes": parse_storyboard,
    "review": parse_settings,
    "sampling": parse_settings,
    "training": parse_settings,
    "naming": parse_settings,
    "finder": parse_settings,
}
"""By a key that only this kind of file has."""

PLACES = {
    "films": FilmFile,
    "characters": ReferenceFile,
    "settings.yaml": SettingsFile,
    "storyboards": StoryboardFile,
}


def of(language: str) -> list[Block]:
    found = [block for block in BLOCKS if block.language == language]
    assert found, f"no page has a block of {language}"
    return found


WITH_TORCH = "from diffusers import"
"""Such a block is what trainer/tests/test_fetched.py runs, on a small model."""


@pytest.mark.parametrize(
    "block", [block for block in of("python") if WITH_TORCH not in block.text], ids=str
)
def test_python_of_a_page_when_run_beside_a_film_then_prints(
    block: Block,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in re.findall(r"\"([\w-]+\.mp4)\"", block.text):
        draw_film(tmp_path / name, seconds=3)
    exec(compile(block.text, str(block), "exec"), {"__name__": "page"})
    assert len(capsys.readouterr().out.splitlines()) == 3, "a line a second"


@pytest.mark.parametrize("block", of("yaml"), ids=str)
def test_yaml_of_a_page_when_loaded_then_changes_what_it_says(block: Block) -> None:
    key = next(key for key in LOADERS if key in yaml.safe_load(block.text))
    loaded = LOADERS[key](block.text.encode())
    assert loaded != LOADERS[key](b"scenes: [x]" if key == "scenes" else b"{}")


@pytest.mark.parametrize(
    "block", [block for block in of("") if "<production>/" in block.text], ids=str
)
def test_layout_of_a_page_when_its_places_are_uploaded_to_then_they_are_known(block: Block) -> None:
    places = [line.split()[0] for line in block.text.splitlines() if "<production>/" in line]
    for place in places:
        kind = place.split("/")[1]
        if kind in PLACES and not block.text.startswith("studio"):
            key = re.sub(r"<(\w+)>", r"\1", place) + (".mp4" if kind == "films" else "")
            assert isinstance(classify(key), PLACES[kind]), key


def test_blocks_when_counted_then_each_language_is_run_by_somebody() -> None:
    """The one of html, A2I's worker task template, by tests/unit/datasets/test_human_loops.py."""
    read = {"python", "yaml", "", "mermaid", "html"}
    assert {block.language for block in BLOCKS} <= read | SHELLS
