from __future__ import annotations

import json
import os
import re
from pathlib import Path

import numpy as np
import pytest
from fakes.films_in_memory import FilmsInMemory
from functions import variables_of_the_template
from typer import Exit
from typer.testing import CliRunner

from onmodel.contracts.films import RefuseFilmRequest, StateError
from onmodel.environment import Environment, Models
from onmodel.errors import FilmRefused, SettingsRefused
from onmodel.steps.refuse_film import refuse_film
from onmodel.vision.encoding import encode_picture
from onmodel_cli import main, results, run, running, speaking, status
from onmodel_cli.connection import Connection

NOISE = np.random.default_rng(1).integers(0, 255, (96, 96, 3), dtype=np.uint8)


@pytest.fixture
def invoke(connection: Connection, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(running, "open_stack", lambda *_arguments: connection)
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object):
        return CliRunner().invoke(main.app, [str(argument) for argument in arguments])

    return call


def test_run_when_film_is_new_fetches_report_crops_and_records(invoke, film, tmp_path) -> None:
    done = invoke("run", film, "--production", "Mira's film", "--json")
    assert done.exit_code == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["production"] == "mira-s-film"
    assert Path(answer["report"]).read_text().startswith("<!doctype html>")
    pictures = list(Path(answer["crops"]).iterdir())
    assert len(pictures) == answer["crops_kept"] > 0
    records = {path.name for path in Path(answer["records"]).iterdir()}
    assert {"crops.jsonl", "rejected.jsonl", "names.jsonl", "summary.json"} <= records
    assert Path(answer["report"]).is_relative_to(tmp_path / "onmodel-out")


def test_run_when_a_film_has_many_pictures_then_copies_those_of_the_first_pages_and_says_so(
    invoke, film, monkeypatch
) -> None:
    monkeypatch.setattr(results, "FIRST_PICTURES", 2)
    answer = json.loads(invoke("run", film, "-p", "mira", "--json").stdout)
    shown = re.findall(r'href="../crops/([^"]+)"', Path(answer["report"]).read_text())
    assert answer["pictures_left"] == answer["crops_kept"] - 2 > 0
    assert {path.name for path in Path(answer["crops"]).iterdir()} == set(shown[:2])
    said = invoke("run", film, "-p", "mira").stdout
    assert f"the first 2 of {answer['crops_kept']}; the same command with --pictures" in said
    every = json.loads(invoke("run", film, "-p", "mira", "--json", "--pictures").stdout)
    assert every["pictures_left"] == 0
    assert {path.name for path in Path(answer["crops"]).iterdir()} == set(shown)


def test_run_when_no_pictures_are_wanted_then_copies_the_report_alone(invoke, film) -> None:
    answer = json.loads(invoke("run", film, "-p", "mira", "--json", "--no-pictures").stdout)
    assert answer["pictures_left"] == answer["crops_kept"] > 0
    assert list(Path(answer["crops"]).iterdir()) == []
    assert Path(answer["report"]).is_file()


def test_run_when_repeated_uploads_and_pays_nothing(invoke, film, connection) -> None:
    invoke("run", film, "--production", "mira", "--json")
    again = invoke("run", film, "--production", "mira")
    assert again.exit_code == 0
    assert connection.s3.uploaded == ["mira/films/mira.mp4"]
    assert "nothing was paid for now" in again.stdout


def test_run_when_settings_change_makes_a_new_run(invoke, film, tmp_path) -> None:
    first = json.loads(invoke("run", film, "-p", "mira", "--json").stdout)
    settings = tmp_path / "mine.yaml"
    settings.write_text("deduplication: {threshold: 0.5}\n")
    second = json.loads(invoke("run", film, "-p", "mira", "--settings", settings, "--json").stdout)
    assert second["film_id"] == first["film_id"]
    assert second["run_id"] != first["run_id"]
    assert [use for use in second["usage"] if use["paid"]] == []
    assert sum(use["paid"] for use in first["usage"]) > 0


def test_run_when_characters_are_given_uploads_their_pictures(
    invoke, film, world: FilmsInMemory, tmp_path, picture: bytes
) -> None:
    folder = tmp_path / "cast" / "Mira"
    folder.mkdir(parents=True)
    (folder / "winter coat" / "old").mkdir(parents=True)
    for name in ("front.png", "winter coat/1.png", "winter coat/old/1.png"):
        (folder / name).write_bytes(picture)
    (folder / ".DS_Store").write_bytes(b"x")
    (folder / "notes.txt").write_text("x")
    done = invoke("run", film, "-p", "mira", "--characters", tmp_path / "cast")
    assert done.exit_code == 0, done.stderr
    sent = ("mira/characters/Mira/front.png", "mira/characters/Mira/winter coat/1.png")
    assert world.uploads.keys("mira/characters/") == sent
    assert "notes.txt was left out" in done.stderr
    told = " ".join(done.stderr.split())
    assert "pictures belong into <character>/<picture> or <character>/<look>/<picture>" in told


@pytest.mark.parametrize(
    ("name", "body", "words"),
    [
        ("notes.txt", b"x", "notes.txt was left out"),
        ("small.png", encode_picture(np.zeros((20, 20, 3), np.uint8), "png"), "has only 20 × 20"),
        ("empty.png", b"", "empty.png was left out"),
        ("photo.jpg", b"\0\0\0\x18ftypheic" + bytes(40), "HEIC"),
        ("cut.png", encode_picture(NOISE, "png")[:-900], "cut.png was left out"),
    ],
)
def test_run_when_a_reference_is_unusable_then_not_sent_and_told_in_json(
    invoke, film, world: FilmsInMemory, tmp_path, picture: bytes, name: str, body: bytes, words: str
) -> None:
    folder = tmp_path / "cast" / "Mira"
    folder.mkdir(parents=True)
    (folder / "front.png").write_bytes(picture)
    (folder / name).write_bytes(body)
    done = invoke("run", film, "-p", "mira", "--characters", tmp_path / "cast", "--json")
    assert done.exit_code == 0, done.stderr
    assert world.uploads.keys("mira/characters/") == ("mira/characters/Mira/front.png",)
    (warning,) = json.loads(done.stdout)["warnings"]
    assert f"{name} was left out: " in warning
    assert words in done.stderr


def test_run_when_a_setting_may_go_on_as_a_comment_then_used_and_told(
    invoke, film, tmp_path
) -> None:
    (tmp_path / "settings.yaml").write_text("credit: #1 film")
    done = invoke("run", film, "-p", "mira", "--settings", tmp_path / "settings.yaml", "--json")
    assert done.exit_code == 0, done.stderr
    (warning,) = json.loads(done.stdout)["warnings"]
    assert warning.startswith("settings.yaml, line 1, credit: #1 film is a comment")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("clip.mp4.part", "it is the unfinished copy of a file"),
        ("clip.srt", "it is a file that comes beside a film"),
        ("._clip.mp4", "it is a file that a system keeps for itself"),
        ("cover.jpg", "it is no film"),
        ("settings.yaml", "it is no film"),
    ],
)
def test_run_when_the_name_is_no_film_s_then_one_sentence_and_nothing_is_sent(
    invoke, tmp_path, connection, name: str, words: str
) -> None:
    (tmp_path / name).write_bytes(b"x")
    done = invoke("run", tmp_path / name, "-p", "mira")
    assert done.exit_code == 3
    assert f"✗ {name} was not uploaded: by its name {words}. Give " in done.stderr
    assert connection.s3.uploaded == []


def test_run_when_the_settings_do_not_exist_then_one_sentence(invoke, film, connection) -> None:
    done = invoke("run", film, "-p", "mira", "--settings", "missing.yaml")
    assert done.exit_code == 3
    assert "There are no settings at missing.yaml. Check the path." in done.stderr
    assert connection.s3.uploaded == []


@pytest.mark.parametrize(
    ("body", "words"), [(b"", "is empty"), (b"no film at all", "not a film")], ids=["empty", "junk"]
)
def test_run_when_film_is_unusable_ends_with_one_message(
    invoke, tmp_path, body, words, connection, world, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(key: str) -> None:
        world.route(world.event(key))
        run = world.started()
        arn = world.claim(run)
        try:
            world.probe(run)
        except FilmRefused as fault:
            error = StateError(Error=type(fault).__name__, Cause=str(fault))
            refuse_film(
                RefuseFilmRequest(run=run, execution_arn=arn, error=error),
                registry=world.registry,
                studio=world.studio,
                clock=world.clock,
            )

    connection.s3.after = refuse
    monkeypatch.setattr(run, "check_film", lambda _: None)  # as if the stack alone could tell
    path = tmp_path / "mira.mp4"
    path.write_bytes(body)
    done = invoke("run", path, "-p", "mira", "--json")
    assert done.exit_code == 3
    assert words in done.stderr
    told = json.loads(done.stdout)["error"]
    assert (told["exit_code"], told["kind"]) == (3, "FilmRefused")
    assert words in told["message"]
    assert "Traceback" not in done.stderr


def test_run_when_the_film_cannot_be_read_then_it_is_refused_before_it_is_sent(
    invoke, tmp_path: Path, connection: Connection
) -> None:
    path = tmp_path / "mira.mp4"
    path.write_bytes(b"no film at all")
    done = invoke("run", path, "-p", "mira")
    assert done.exit_code == 3
    assert "this is not a film that can be read" in done.stderr
    assert connection.s3.uploaded == []


def test_run_when_film_is_missing_says_so(invoke) -> None:
    done = invoke("run", "nowhere.mp4", "-p", "mira")
    assert done.exit_code == 3
    assert "There is no film at nowhere.mp4" in done.stderr


def test_run_when_settings_are_impossible_sends_nothing(invoke, film, world, tmp_path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("finder: {lables: [Cat]}\n")
    done = invoke("run", film, "-p", "mira", "--settings", bad)
    assert done.exit_code == 3
    assert "finder.lables" in done.stderr
    assert "✗ bad.yaml" in done.stderr and "settings.yaml" not in done.stderr
    assert "upload it again" not in done.stderr
    assert world.uploads.keys() == ()
    assert SettingsRefused.__name__ not in done.stderr


def test_help_when_asked_names_every_option(invoke) -> None:
    shown = invoke("run", "--help").stdout
    for option in ("--production", "--characters", "--settings", "--stack", "--local", "--json"):
        assert option in shown


def test_run_when_the_stack_has_another_model_then_still_finds_the_run_that_it_made(
    invoke, film, world, connection
) -> None:
    """The run's id comes of the settings: both sides must have the same model in them."""
    variables = variables_of_the_template() | {"EMBEDDING_MODEL_ID": "other.v9"}
    environment = Environment(variables)
    object.__setattr__(connection, "environment", environment)
    world.models = environment.read(Models).allowed
    assert invoke("run", film, "--production", "mira", "--json").exit_code == 0
    assert "nothing was paid for now" in invoke("run", film, "--production", "mira").stdout


def test_run_when_the_same_film_has_another_name_then_nothing_is_uploaded_or_paid_for(
    invoke, film: Path, connection: Connection, tmp_path: Path
) -> None:
    first = json.loads(invoke("run", film, "-p", "mira", "--json").stdout)
    renamed = tmp_path / "Other name.mov"
    renamed.write_bytes(film.read_bytes())
    second = invoke("run", renamed, "-p", "Mira")
    assert "nothing was paid for now" in second.stdout
    assert connection.s3.uploaded == ["mira/films/mira.mp4"]
    assert first["run_id"] in second.stdout


def test_run_when_the_film_was_deleted_from_the_bucket_then_it_is_uploaded_and_known_again(
    invoke, film: Path, connection: Connection, world: FilmsInMemory
) -> None:
    first = json.loads(invoke("run", film, "-p", "mira", "--json").stdout)
    world.uploads.delete_prefix("mira/films/")
    second = json.loads(invoke("run", film, "-p", "mira", "--json").stdout)
    assert second["run_id"] == first["run_id"]
    assert len(connection.s3.uploaded) == 2
    assert len(world.executions.payloads) == 1


def test_run_when_the_film_s_name_is_in_nfd_then_its_key_is_in_nfc(
    invoke, film: Path, connection: Connection, tmp_path: Path
) -> None:
    typed = tmp_path / "Cafe\u0301.mp4"
    typed.write_bytes(film.read_bytes())
    told = json.loads(invoke("run", typed, "-p", "Cafe\u0301", "--json").stdout)
    assert connection.s3.uploaded == ["Caf\u00e9/films/Caf\u00e9.mp4"]
    assert told["title"] == "Caf\u00e9.mp4"


@pytest.mark.parametrize("typed", ["Caf\u00e9", "Cafe\u0301", "CAF\u00c9", "cafe"])
def test_commands_when_the_production_is_spelled_otherwise_then_it_is_found(
    invoke, film: Path, connection: Connection, world: FilmsInMemory, typed: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(status, "open_stack", lambda *_arguments: connection)
    world.route(world.upload("Cafe\u0301/settings.yaml", b"credit: mine"))
    told = json.loads(invoke("run", film, "-p", typed, "--json").stdout)
    assert told["production"] == "cafe"
    assert connection.s3.uploaded == ["Cafe\u0301/films/mira.mp4"]
    (line,) = json.loads(invoke("status", "-p", typed, "--json").stdout)["lines"]
    assert line["id"] == told["run_id"]


def test_run_when_main_has_a_film_at_the_root_then_settings_and_references_count(
    invoke, film: Path, world: FilmsInMemory, tmp_path: Path, picture: bytes
) -> None:
    world.route(world.upload("first.mp4", b"film"))
    (tmp_path / "cast" / "Mira").mkdir(parents=True)
    (tmp_path / "cast" / "Mira" / "front.png").write_bytes(picture)
    told = invoke("run", film, "-p", "main", "--characters", tmp_path / "cast", "--json")
    assert json.loads(told.stdout)["production"] == "main"
    assert "characters/Mira/front.png" in set(world.uploads.keys())


NO_UTF_8 = os.fsdecode(b"caf\xe9.mp4")


@pytest.mark.parametrize(
    ("film_name", "options"),
    [
        (NO_UTF_8, ("-p", "mira")),
        ("mira.mp4", ("-p", NO_UTF_8)),
        ("mira.mp4", ("-p", "mira", "--characters", NO_UTF_8)),
    ],
    ids=["film", "production", "characters"],
)
def test_run_when_a_name_has_bytes_that_are_no_utf_8_then_one_sentence(
    invoke, film: Path, tmp_path: Path, connection: Connection, film_name: str, options: tuple[str]
) -> None:
    (tmp_path / film_name).write_bytes(film.read_bytes())
    done = invoke("run", tmp_path / film_name, *options)
    assert done.exit_code == 3
    assert "caf?.mp4" in done.stderr.splitlines()[-1]
    assert connection.s3.uploaded == []


def test_commands_when_they_print_bytes_that_are_no_utf_8_then_one_sentence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(Exit), speaking.plain_errors():
        NO_UTF_8.encode()
    assert "The name caf?.mp4 has bytes that are no UTF-8. Rename it." in capsys.readouterr().err


def test_run_when_a_picture_s_name_is_no_utf_8_then_it_is_left_out_and_the_others_count(
    invoke, film: Path, tmp_path: Path, world: FilmsInMemory, picture: bytes
) -> None:
    folder = tmp_path / "cast" / "Mira"
    folder.mkdir(parents=True)
    for name in ("front.png", os.fsdecode(b"caf\xe9.png")):
        (folder / name).write_bytes(picture)
    done = invoke("run", film, "-p", "mira", "--characters", tmp_path / "cast")
    assert done.exit_code == 0, done.stderr
    assert "caf?.png has bytes that are no UTF-8: it was left out" in done.stderr
    assert world.uploads.keys("mira/characters/") == ("mira/characters/Mira/front.png",)


def test_run_when_the_key_would_be_too_long_for_s3_then_one_sentence(
    invoke, tmp_path: Path, film: Path, connection: Connection
) -> None:
    done = invoke("run", film, "-p", "\u53f2" * 340)
    assert done.exit_code == 3
    assert "S3 takes 1,024" in done.stderr
    assert connection.s3.uploaded == []


def test_run_when_a_folder_and_a_film_are_given_then_each_film_is_prepared_once(
    invoke, film: Path, connection: Connection, tmp_path: Path
) -> None:
    folder = tmp_path / "dailies"
    (folder / "day 1").mkdir(parents=True)
    (folder / "notes.srt").write_text("1")
    copy = folder / "day 1" / "take.mp4"
    copy.write_bytes(film.read_bytes() + b"\0\0\0\x0cfreemore")  # a box that readers skip
    done = invoke("run", film, folder, copy, "-p", "mira", "--json")
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    assert [each["title"] for each in told["films"]] == ["mira.mp4", "take.mp4"]
    assert connection.s3.uploaded == ["mira/films/mira.mp4", "mira/films/take.mp4"]
    assert told["next"]["sentences"]


def test_run_when_one_of_several_films_cannot_be_read_then_none_is_sent_and_it_is_named(
    invoke, film: Path, connection: Connection, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"no film at all")
    done = invoke("run", film, bad, "-p", "mira")
    assert done.exit_code == 3
    assert "bad.mp4: this is not a film that can be read" in done.stderr
    assert connection.s3.uploaded == []


def test_run_when_a_folder_has_no_film_then_says_so(invoke, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = invoke("run", tmp_path / "empty", "-p", "mira")
    assert done.exit_code == 3
    assert "There is no film in the folder" in done.stderr


def test_run_when_groups_are_named_by_settings_then_says_where_they_are(
    invoke, film: Path, tmp_path: Path
) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text("naming: {kind: cluster}")
    done = invoke("run", film, "-p", "mira", "--settings", settings)
    told = " ".join(done.stderr.split())
    assert "the line of settings.yaml that names it" in told
    assert "Make a folder for each" not in told
    settings.write_text("naming: {kind: cluster, cluster: {names: {mira-1/2-3: mira}}}")
    named = invoke("run", film, "-p", "mira", "--settings", settings)
    assert "nobody is named" not in " ".join(named.stderr.split())


def test_run_when_no_character_has_pictures_then_says_how_to_give_them(
    invoke, film: Path, tmp_path: Path, picture: bytes
) -> None:
    hint = "nobody is named. Make a folder for each with three pictures of it"
    assert hint in " ".join(invoke("run", film, "-p", "mira").stderr.split())
    (tmp_path / "cast" / "Mira").mkdir(parents=True)
    (tmp_path / "cast" / "Mira" / "front.png").write_bytes(picture)
    given = invoke("run", film, "-p", "mira", "--characters", tmp_path / "cast")
    assert given.exit_code == 0
    assert hint not in " ".join(given.stderr.split())
