from __future__ import annotations

import json
from pathlib import Path

import pytest
from drawn.films import DrawnFilm
from typer.testing import CliRunner

from onmodel_cli import main

SETTINGS = """
sampling: {interval_seconds: 0.1}
training: {max_per_character: 7}
characters: {mira: {name: Mira}, odo: {name: Odo}}
"""


def captions(film: Path, *arguments: str) -> tuple[str, ...]:
    """The assumptions of the quote on captions and training."""
    done = CliRunner().invoke(main.app, ["quote", str(film), "--json", *arguments])
    assert done.exit_code == 0, done.output
    return tuple(json.loads(done.output)["caption and train"]["assumptions"])


@pytest.fixture
def settings(tmp_path: Path) -> str:
    path = tmp_path / "settings.yaml"
    path.write_text(SETTINGS)
    return str(path)


def test_quote_when_settings_name_characters_then_captions_up_to_their_caps(
    drawn: DrawnFilm, settings: str
) -> None:
    first, second, *_ = captions(drawn.path, "--settings", settings)
    assert first.startswith("14 captions ")
    assert second == "2 characters, 7 pictures of each at most"


def test_quote_when_characters_are_counted_by_hand_then_so_many(
    drawn: DrawnFilm, settings: str
) -> None:
    first, second, *_ = captions(drawn.path, "--settings", settings, "--characters", "3")
    assert first.startswith("21 captions ")
    assert second == "3 characters, 7 pictures of each at most"


def test_quote_when_no_character_is_known_then_each_expected_figure(drawn: DrawnFilm) -> None:
    done = CliRunner().invoke(main.app, ["quote", str(drawn.path), "--json"])
    prepare = json.loads(done.output)["prepare"]["assumptions"][1]
    first, second, *_ = captions(drawn.path)
    assert f"so {first.split()[0]} embeddings" in prepare
    assert second == "how many characters there are is not known"
