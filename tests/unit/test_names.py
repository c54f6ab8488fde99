"""Any Unicode names through the whole of PrepareFilm: nothing is lost, and keys stay plain."""

from __future__ import annotations

import re
import unicodedata

import numpy as np
import pytest
from drawn.films import draw_film
from fakes.films_in_memory import FilmsInMemory
from fakes.labels import FakeLabels, figure
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from onmodel.contracts.films import FilmSummary
from onmodel.contracts.keys import FilmKeys
from onmodel.films.production import characters_of, current_films
from onmodel.films.settings import settings_in_force
from onmodel.films.upload_layout import FilmFile, ReferenceFile, classify
from onmodel.overview.lines import look
from onmodel.registry.kinds import CHARACTERS, FILMS, PRODUCTIONS, REFERENCES
from onmodel.vision.encoding import encode_picture

BEDROCK_KEY = re.compile(r"(?=.{1,1024}$)[-!_*'().a-z0-9A-Z]+(/[-!_*'().a-z0-9A-Z]+)*")
KEY_BYTES = 1024
PICTURE = encode_picture(np.full((128, 96, 3), np.arange(96)[:, None], np.uint8), "png")

letters = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/")
anything = st.text(letters, min_size=1, max_size=200)
awkward = st.sampled_from(
    [
        "Caf\u00e9", "Cafe\u0301", "\u53f2", "\u662f", "\U0001f430", "\U0001f43b", "ref 1", "ref-1",
        "ref (1)", "\u05e9\u05dc\u05d5\u05dd", "\u202eflip", "..a", "a..", " a", "a ", "%2F", "+",
        "\u1100\u1161", "\uac00", "My.Film.mkv_snapshot_00.01.02", "My.Film.mkv_snapshot_00.02.02",
        "a" * 200, "a" * 199 + "b", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "&#47;", "<b>",
    ]
)  # fmt: skip
names = st.lists(st.one_of(anything, awkward), min_size=2, max_size=6, unique=True)


def in_world(world: FilmsInMemory, key: str, body: bytes) -> str:
    """Upload, and answer what became of it."""
    return world.route(world.upload(key, body)).outcome


def nfc(name: str) -> str:
    return unicodedata.normalize("NFC", name)


@given(names)
@settings(deadline=None)
def test_names_when_films_have_any_then_each_is_a_film_and_keeps_its_name(
    names: list[str],
) -> None:
    world = FilmsInMemory()
    keys = [f"bunny/films/{name}.mp4" for name in names]
    keys = [key for key in keys if isinstance(classify(key), FilmFile)]
    assume(keys and all(len(key.encode()) <= KEY_BYTES for key in keys))
    for number, key in enumerate(keys):
        assert in_world(world, key, str(number).encode()) == "started"
    films = list(FILMS.list(world.registry, "bunny"))
    assert {film.body.source.key for film in films} == set(keys)
    assert {film.body.title for film in films} == {nfc(key.rsplit("/", 1)[-1]) for key in keys}
    assert all(BEDROCK_KEY.fullmatch(key) for key in world.studio.keys(""))
    assert len(world.executions.payloads) == len(keys)


@given(names)
@settings(deadline=None)
def test_names_when_references_have_any_then_each_counts(names: list[str]) -> None:
    world = FilmsInMemory()
    keys = [f"bunny/characters/Mira/{name}.png" for name in names]
    keys = [key for key in keys if isinstance(classify(key), ReferenceFile)]
    assume(all(len(key.encode()) <= KEY_BYTES for key in keys))
    for key in keys:
        assert in_world(world, key, PICTURE) == "recorded"
    rows = list(REFERENCES.list(world.registry, "bunny"))
    assert {row.body.source.key for row in rows} == set(keys)


@given(names)
@settings(deadline=None)
def test_names_when_productions_and_characters_have_any_then_none_loses_another(
    names: list[str],
) -> None:
    world = FilmsInMemory()
    pairs = [(one, other) for one in names for other in names]
    keys = {pair: f"{pair[0]}/characters/{pair[1]}/a.png" for pair in pairs}
    assume(all(isinstance(classify(key), ReferenceFile) for key in keys.values()))
    assume(all(len(key.encode()) <= KEY_BYTES for key in keys.values()))
    for key in keys.values():
        assert in_world(world, key, PICTURE) == "recorded"
    productions = list(PRODUCTIONS.list_all(world.registry))
    assert {folder for row in productions for folder in row.body.folders} == set(names)
    for production in productions:
        rows = list(REFERENCES.list(world.registry, production.id))
        of_it = {key for (one, _), key in keys.items() if one in production.body.folders}
        assert {row.body.source.key for row in rows} == of_it
        characters = list(CHARACTERS.list(world.registry, production.id))
        assert {row.id for row in characters} == {row.body.character for row in rows}
        in_force = settings_in_force(production.id, world.studio)
        shown = characters_of(production.id, in_force, world.registry)
        assert len(shown) == len(characters)
    assert not world.mailbox.mails


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Two seconds, in which a figure is kept: only the names matter here."""
    path = tmp_path_factory.mktemp("films") / "short.mp4"
    return draw_film(path, seconds=2, size=(1280, 720), fps=12).path.read_bytes()


@given(production=st.one_of(anything, awkward), title=st.one_of(anything, awkward))
@example(production="\U0001f430", title="\u202eflip")
@settings(
    deadline=None, max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_names_when_any_then_the_film_is_prepared_listed_fetched_and_reported(
    film: bytes, production: str, title: str
) -> None:
    key = f"{production}/films/{title}.mp4"
    assume(isinstance(classify(key), FilmFile) and len(key.encode()) <= KEY_BYTES)
    world = FilmsInMemory(FakeLabels((figure(0.3, 0.2, 0.3, 0.6),)))
    assert in_world(world, key, film) == "started"
    run = world.started()
    world.prepare(run)
    (line,) = look(world.registry, run.production, world.clock())
    assert nfc(f"{title}.mp4") in line.what
    keys = FilmKeys.of(run)
    summary = FilmSummary.model_validate_json(world.studio.get(keys.summary))
    assert summary.title == nfc(f"{title}.mp4")
    assert summary.crops_kept > 0
    assert all(BEDROCK_KEY.fullmatch(key) for key in world.studio.keys(""))
    assert b"<!doctype html>" in world.studio.get(keys.report)
    (mail,) = world.mailbox.mails
    assert mail.subject.isascii()
    films, notices = current_films(run.production, world.registry, world.uploads)
    assert ([film.run for film in films], notices) == ([run], ())
