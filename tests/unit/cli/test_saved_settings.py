from __future__ import annotations

import pytest
import yaml
from fakes.films_in_memory import FilmsInMemory
from fakes.object_store import InMemoryObjectStore

from onmodel.errors import SettingsRefused
from onmodel.films.folders import ProductionFolders
from onmodel.films.settings import settings_in_force
from onmodel_cli.saved_settings import save_threshold, with_threshold

BUNNY = ProductionFolders("bunny", ("Bunny",))
KEY = "Bunny/settings.yaml"


def save(world: FilmsInMemory, text: str | None) -> str:
    if text is not None:
        world.uploads.put(KEY, text.encode(), "application/yaml")
    save_threshold(BUNNY, 0.9, uploads=world.uploads, studio=world.studio, models=world.models)
    return world.uploads.get(KEY).decode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "deduplication:\n  threshold: 0.9\n"),
        ("# only words", "# only words\ndeduplication:\n  threshold: 0.9\n"),
        ("review: page", "review: page\ndeduplication: {threshold: 0.9}\n"),
        ("{review: page}", "{deduplication: {threshold: 0.9}, review: page}"),
        ("deduplication:\nreview: page\n", "deduplication: {threshold: 0.9}\nreview: page\n"),
        ("deduplication: ~ # mine\n", "deduplication: {threshold: 0.9} # mine\n"),
        ("deduplication: {}\n", "deduplication: {threshold: 0.9}\n"),
        ("deduplication: {threshold: 0.95} # mine\n", "deduplication: {threshold: 0.9} # mine\n"),
        (
            "deduplication: {visible_change: 0.1,}\n",
            "deduplication: {threshold: 0.9, visible_change: 0.1,}\n",
        ),
        (
            "deduplication:\n    visible_change: 0.1 # mine\nreview: page\n",
            "deduplication:\n    threshold: 0.9\n    visible_change: 0.1 # mine\nreview: page\n",
        ),
        (
            "# a\nreview: page\ndeduplication: # b\n  threshold: 0.97 # c\n",
            "# a\nreview: page\ndeduplication: # b\n  threshold: 0.9 # c\n",
        ),
        ("deduplication:\n  threshold:\n", "deduplication:\n  threshold: 0.9\n"),
    ],
)  # fmt: skip
def test_threshold_when_set_then_all_other_lines_stay(before: str, after: str) -> None:
    assert with_threshold(before, 0.9) == after
    said = yaml.safe_load(before) or {}
    section = (said.get("deduplication") or {}) | {"threshold": 0.9}
    assert yaml.safe_load(after) == said | {"deduplication": section}


def test_threshold_when_there_were_no_settings_then_made_and_in_force(
    world: FilmsInMemory,
) -> None:
    assert save(world, None) == "deduplication:\n  threshold: 0.9\n"
    assert settings_in_force("bunny", world.studio).deduplication.threshold == 0.9


def test_threshold_when_it_is_there_already_then_nothing_is_uploaded(world: FilmsInMemory) -> None:
    before = save(world, "deduplication: {threshold: 0.9}")
    version = world.uploads.head(KEY).version_id
    assert save(world, None) == before
    assert world.uploads.head(KEY).version_id == version


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("review: [", "settings.yaml"),
        ("a: &x {threshold: 0.97}\ndeduplication: *x\n", "a"),
        ("captions: &x {}\ndeduplication: *x\nnaming: {}\n", "cannot be changed"),
    ],
)
def test_threshold_when_the_file_cannot_be_changed_then_refused_and_kept(
    world: FilmsInMemory, text: str, words: str
) -> None:
    with pytest.raises(SettingsRefused, match=words):
        save(world, text)
    assert isinstance(world.uploads, InMemoryObjectStore)
    assert world.uploads.get(KEY).decode() == text
