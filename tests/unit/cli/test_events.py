"""Every event that `onmodel event` makes is one that its function understands."""

from __future__ import annotations

import inspect
import json
from copy import deepcopy
from pathlib import Path

import pytest
from fakes.films_in_memory import FilmsInMemory
from fakes.labels import FakeLabels, figure
from functions import load_function
from typer.testing import CliRunner

from onmodel_cli import events, main
from onmodel_cli.connection import Connection
from onmodel_cli.run import Wish, prepare_films
from onmodel_cli.speaking import err

ROOT = Path(__file__).parents[3]
OF_A_FILM = ["route_upload", "claim_run", "probe_film", "sample_chunk", "deduplicate_film",
             "name_crops", "report_film", "finish_film", "refuse_film", "notify",
             "collect_film"]  # fmt: skip


@pytest.fixture(scope="module")
def prepared_once(film: Path) -> FilmsInMemory:
    """To be copied, not changed: production mira with a prepared film."""
    world = FilmsInMemory(FakeLabels((figure(0.3, 0.2, 0.3, 0.6),)))
    world.route(world.upload("mira/films/mira.mp4", film.read_bytes()))
    world.prepare(world.started())
    return world


@pytest.fixture
def world(request: pytest.FixtureRequest) -> FilmsInMemory:
    """What the connection leads to: empty, unless the test asks for `prepared`."""
    if "prepared" in request.fixturenames:
        return deepcopy(request.getfixturevalue("prepared_once"))
    return FilmsInMemory(FakeLabels((figure(0.3, 0.2, 0.3, 0.6),)))


@pytest.fixture
def prepared(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> Connection:
    monkeypatch.setattr(events, "open_stack", lambda *_arguments: connection)
    return connection


def request_model(step: str):
    """The model that functions/<step>/app.py parses its event with."""
    return load_function(step).handler.request_model


@pytest.mark.parametrize("step", OF_A_FILM)
def test_event_when_made_of_a_run_is_what_the_function_parses(step: str, prepared) -> None:
    done = CliRunner().invoke(main.app, ["event", step, "-p", "mira", "--film", "mira.mp4"])
    assert done.exit_code == 0, done.stderr
    request_model(step).model_validate(json.loads(done.stdout))


def test_event_when_the_film_is_named_in_another_normal_form_then_found(
    connection: Connection, film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "open_stack", lambda *_arguments: connection)
    typed = tmp_path / "Caf\u00e9.mp4"
    typed.write_bytes(film.read_bytes())
    prepare_films(Wish(films=(typed,), production="mira", output=tmp_path), connection, err)
    done = CliRunner().invoke(
        main.app, ["event", "probe_film", "-p", "Mira", "--film", "Cafe\u0301.mp4"]
    )
    assert done.exit_code == 0, done.stderr


def test_event_when_the_film_is_unknown_says_so(prepared) -> None:
    done = CliRunner().invoke(main.app, ["event", "probe_film", "-p", "mira", "--film", "x.mp4"])
    assert done.exit_code == 3
    assert "No run of x.mp4" in done.stderr


def test_every_builder_belongs_to_a_function() -> None:
    for step, build in events.BUILDERS.items():
        assert (ROOT / "functions" / step / "app.py").is_file(), step
        assert inspect.isfunction(build)
