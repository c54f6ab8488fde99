from __future__ import annotations

import json
import re

import numpy as np
import pytest
from fakes.films_in_memory import FilmsInMemory
from fakes.tombstones import begin_to_delete
from hypothesis import given
from hypothesis import strategies as st

from onmodel.contracts.base import ObjectRef
from onmodel.contracts.film_rows import (
    FolderBody,
    FolderStatus,
    ReferenceBody,
    ReferenceStatus,
    RunBody,
    RunStatus,
)
from onmodel.contracts.keys import FilmKeys, accepted_settings_key
from onmodel.contracts.rows import Kind
from onmodel.contracts.settings import AllowedModels, Settings
from onmodel.errors import INNER_TEXT, NotFound
from onmodel.films.settings import settings_in_force
from onmodel.films.upload_layout import key_in
from onmodel.formats.user_yaml import LIMIT_BYTES
from onmodel.registry.kinds import CONTENTS, FILMS, PRODUCTIONS, REFERENCES, RUNS
from onmodel.vision.decoding import PICTURE_LIMIT_BYTES
from onmodel.vision.encoding import encode_picture


def picture_of(height: int, width: int) -> bytes:
    """A PNG that is darker on its left."""
    pixels = np.full((height, width, 3), 90, np.uint8)
    pixels[:, : width // 2] = 30
    return encode_picture(pixels, "png")


PICTURE = picture_of(128, 96)


@pytest.fixture
def world() -> FilmsInMemory:
    return FilmsInMemory()


def test_route_when_film_then_execution_is_named_after_the_run(world: FilmsInMemory) -> None:
    answer = world.route(world.upload("bunny/films/a.mp4", b"film"))
    run = world.started()
    assert answer.outcome == "started"
    assert next(iter(world.executions.payloads)).endswith(f":{run.run_id}-1")
    assert run.correlation_id == "upload-1"


@pytest.mark.parametrize(
    ("file_name", "body"),
    [
        ("films/a.mp4", b"film"),
        ("characters/Buck/a.png", PICTURE),
        ("storyboards/day.yaml", b"scenes: [a]"),
        ("settings.yaml", b"finder: {kind: labels}"),
    ],
)
def test_route_when_its_production_is_being_deleted_then_one_mail_and_no_row(
    world: FilmsInMemory, file_name: str, body: bytes
) -> None:
    begin_to_delete(world.registry, "big-buck", world.clock())
    event = world.upload(f"Big Buck/{file_name}", body)
    for _ in range(2):
        assert world.route(event).outcome == "notified"
    assert not world.executions.payloads
    kinds = {kind for kind in Kind for _ in world.registry.list("big-buck", kind)}
    assert kinds == {Kind.TOMBSTONE}
    (mail,) = world.mailbox.mails
    name = file_name.rpartition("/")[2]
    assert mail.subject == f"{name} was not used, because Big Buck is being deleted"
    assert f"s3://uploads/Big Buck/{file_name}" in mail.body
    assert world.route(world.upload("Other/films/a.mp4", b"film")).outcome == "started"


def test_route_when_two_events_come_at_once_then_one_execution(world: FilmsInMemory) -> None:
    first = world.upload("bunny/films/a.mp4", b"film")
    assert world.route(first).outcome == "started"
    assert world.route(world.event("bunny/films/a.mp4", "upload-2")).outcome == "already_running"
    assert len(world.executions.payloads) == 1


def test_route_when_the_run_is_claimed_then_its_attempt_counts_as_long_as_its_execution_lives(
    world: FilmsInMemory,
) -> None:
    world.route(world.upload("bunny/films/a.mp4", b"film"))
    execution = world.claim(world.started())
    again = world.event("bunny/films/a.mp4", "upload-2")
    assert world.route(again).outcome == "already_running"
    assert len(world.executions.payloads) == 1
    world.executions.finish(execution)
    assert (world.route(again).outcome, world.started().attempt) == ("started", 2)


def test_route_when_an_execution_died_before_it_claimed_then_the_next_attempt_starts(
    world: FilmsInMemory,
) -> None:
    world.route(world.upload("bunny/films/a.mp4", b"film"))
    (died,) = world.executions.payloads
    world.executions.finish(died)
    answer = world.route(world.event("bunny/films/a.mp4", "upload-2"))
    assert (answer.outcome, world.started().attempt) == ("started", 2)


def test_route_when_film_is_replaced_under_its_key_then_a_new_run(world: FilmsInMemory) -> None:
    world.route(world.upload("bunny/films/a.mp4", b"film"))
    first = world.started()
    assert world.route(world.upload("bunny/films/a.mp4", b"better")).outcome == "started"
    assert world.started().run_id != first.run_id


def test_route_when_object_is_gone_then_ignored(world: FilmsInMemory) -> None:
    event = world.upload("bunny/films/a.mp4", b"film")
    world.uploads.delete_prefix("bunny/")
    event = event.model_copy(
        update={
            "detail": event.detail.model_copy(
                update={"object": event.detail.object.model_copy(update={"version_id": "none"})}
            )
        }
    )
    assert world.route(event).outcome == "ignored"
    assert not world.executions.payloads


def test_route_when_settings_are_good_then_they_hold_for_the_next_film(
    world: FilmsInMemory,
) -> None:
    event = world.upload("bunny/settings.yaml", b"sampling: {interval_seconds: 2}")
    assert world.route(event).outcome == "accepted"
    world.route(world.upload("bunny/films/a.mp4", b"film"))
    settings = Settings.model_validate_json(world.studio.get(FilmKeys.of(world.started()).settings))
    assert settings.sampling.interval_seconds == 2


SETTINGS = "bunny/settings.yaml"
GOOD, BETTER, BAD = b"credit: good", b"credit: better", b"credit: [bad]"


@pytest.mark.parametrize(
    ("changes", "arrivals", "credit", "mails"),
    [
        pytest.param((GOOD,), "0", "good", 0, id="one"),
        pytest.param((GOOD,), "00", "good", 0, id="twice"),
        pytest.param((GOOD, BETTER), "10", "better", 0, id="the older one late"),
        pytest.param((GOOD, BETTER), "0", "better", 0, id="the newer one lost"),
        pytest.param((GOOD, BETTER, GOOD), "210", "good", 0, id="back to the first, reversed"),
        pytest.param((GOOD, None), "01", "", 0, id="deleted"),
        pytest.param((GOOD, None), "10", "", 0, id="the upload after its deletion"),
        pytest.param((GOOD, None, BETTER), "21", "better", 0, id="the deletion late"),
        pytest.param((GOOD, None, None), "012", "", 0, id="deleted twice"),
        pytest.param((GOOD, BAD), "10", "", 1, id="the good one only after the bad one"),
        pytest.param((BAD, GOOD), "10", "good", 0, id="the bad one after its correction"),
        pytest.param((BAD, None), "01", "", 0, id="bad, then deleted"),
    ],
)
def test_route_when_events_of_settings_come_late_twice_or_never_then_the_newest_version_holds(
    world: FilmsInMemory, changes: tuple[bytes | None, ...], arrivals: str, credit: str, mails: int
) -> None:
    world.route(world.upload("bunny/films/a.mp4", b"film"))
    events = [
        world.delete(SETTINGS) if text is None else world.upload(SETTINGS, text) for text in changes
    ]
    for arrival in arrivals:
        world.route(events[int(arrival)])
    assert settings_in_force("bunny", world.studio).credit == credit
    assert len(world.mailbox.mails) == mails


@pytest.mark.parametrize(
    ("before", "now", "credit"), [(GOOD, BETTER, "better"), (GOOD, None, ""), (GOOD, BAD, "good")]
)
def test_route_when_events_of_settings_are_lost_then_the_next_film_brings_them_into_force(
    world: FilmsInMemory, before: bytes, now: bytes | None, credit: str
) -> None:
    world.route(world.upload(SETTINGS, before))
    world.delete(SETTINGS) if now is None else world.upload(SETTINGS, now)
    world.route(world.upload("bunny/films/a.mp4", b"film"))
    of_run = Settings.model_validate_json(world.studio.get(FilmKeys.of(world.started()).settings))
    assert of_run.credit == credit
    assert settings_in_force("bunny", world.studio).credit == credit
    assert len(world.mailbox.mails) == (now == BAD)


def test_route_when_settings_of_an_unknown_production_are_deleted_then_ignored(
    world: FilmsInMemory,
) -> None:
    assert world.route(world.delete("other/settings.yaml")).outcome == "ignored"


def test_route_when_one_of_a_productions_two_settings_is_deleted_then_the_other_holds(
    world: FilmsInMemory,
) -> None:
    world.route(world.upload("My Show/settings.yaml", GOOD))
    world.clock.advance(seconds=1)
    world.route(world.upload("my-show/settings.yaml", BETTER))
    world.route(world.delete("my-show/settings.yaml"))
    assert settings_in_force("my-show", world.studio).credit == "good"


@pytest.mark.parametrize("key", ["bunny/films/a.mp4", "bunny/notes/settings.yaml", "bunny/x"])
def test_route_when_anything_else_is_deleted_then_ignored(world: FilmsInMemory, key: str) -> None:
    assert world.route(world.delete(key)).outcome == "ignored"
    assert not world.mailbox.mails


def test_route_when_settings_are_impossible_then_a_mail_and_the_last_good_ones_hold(
    world: FilmsInMemory,
) -> None:
    world.route(world.upload("bunny/settings.yaml", b"sampling: {interval_seconds: 2}"))
    answer = world.route(world.upload("bunny/settings.yaml", b"sampling: {interval_seconds: -2}"))
    assert answer.outcome == "notified"
    assert "interval_seconds" in world.mailbox.mails[0].body
    assert world.route(world.upload("bunny/films/a.mp4", b"film")).outcome == "started"
    settings = Settings.model_validate_json(world.studio.get(FilmKeys.of(world.started()).settings))
    assert settings.sampling.interval_seconds == 2


def test_route_when_first_settings_are_impossible_then_nothing_is_accepted(
    world: FilmsInMemory,
) -> None:
    world.route(world.upload("bunny/settings.yaml", b"samplin: {}"))
    with pytest.raises(NotFound):
        world.studio.get(accepted_settings_key("bunny"))


def test_route_when_reference_is_a_picture_then_recorded(world: FilmsInMemory) -> None:
    event = world.upload("bunny/characters/Big Buck/front.png", PICTURE)
    assert world.route(event).outcome == "recorded"
    (record,) = REFERENCES.list(world.registry, "bunny")
    assert (record.body.character, record.body.look) == ("big-buck", "")


def test_route_when_references_lie_in_folders_of_looks_then_each_has_its_look(
    world: FilmsInMemory,
) -> None:
    for folder in ("Winter coat/", "Summer/", ""):
        world.route(world.upload(f"bunny/characters/Buck/{folder}1.png", PICTURE))
    rows = REFERENCES.list(world.registry, "bunny")
    assert {(row.body.character, row.body.look) for row in rows} == {
        ("buck", "Winter coat"),
        ("buck", "Summer"),
        ("buck", ""),
    }


@pytest.mark.parametrize(
    "body",
    [b"not a picture", PICTURE[:60], encode_picture(np.zeros((20, 20, 3), np.uint8), "png")],
)
def test_route_when_reference_is_no_picture_then_one_mail(
    world: FilmsInMemory, body: bytes
) -> None:
    event = world.upload("bunny/characters/Buck/front.png", body)
    assert world.route(event).outcome == "notified"
    assert world.route(event).outcome == "notified"
    assert len(world.mailbox.mails) == 1
    (row,) = REFERENCES.list(world.registry, "bunny")  # films name it in their notices
    assert (row.status, row.body.width, row.body.height) == (ReferenceStatus.REFUSED, 0, 0)


CAFE = ("Caf\u00e9", "Cafe\u0301")
"""One name in NFC and in NFD."""


@pytest.mark.parametrize("names", [CAFE, ("Bunny", "bunny"), ("My Show", "my-show"), ("main", "")])
def test_route_when_folders_spell_one_name_then_one_production(
    world: FilmsInMemory, names: tuple[str, str]
) -> None:
    first, second = names
    world.route(world.upload(key_in(first, "films", "a.mp4"), b"film"))
    event = world.upload(key_in(second, "characters", "Mira", "front.png"), PICTURE)
    assert world.route(event).outcome == "recorded"
    production = world.started().production
    assert len(list(PRODUCTIONS.list_all(world.registry))) == 1
    assert len(list(REFERENCES.list(world.registry, production))) == 1
    assert world.route(world.event(key_in(first, "films", "a.mp4"), "later")).outcome == "started"
    assert not world.mailbox.mails


@pytest.mark.parametrize(
    "names",
    [
        ("Cafe", "Caf\u00e9"),
        ("\u53f2", "\u662f"),  # both are read "shi"
        ("\U0001f430", "\U0001f43b"),
        ("A series with a very long name, season 1", "A series with a very long name, season 2"),
    ],
)
def test_route_when_names_share_no_more_than_a_slug_then_two_productions(
    world: FilmsInMemory, names: tuple[str, str]
) -> None:
    for name in names:
        assert world.route(world.upload(f"{name}/films/a.mp4", b"film")).outcome == "started"
    productions = list(PRODUCTIONS.list_all(world.registry))
    assert {row.body.folder for row in productions} == set(names)
    assert {row.id for row in productions} == {row.production for row in productions}
    assert all(re.fullmatch("[a-z0-9-]{1,40}", row.id) for row in productions)


def test_route_when_a_production_of_an_older_stack_is_spelled_otherwise_then_it_is_found(
    world: FilmsInMemory,
) -> None:
    PRODUCTIONS.create(
        world.registry,
        "cafe",
        "cafe",
        status=FolderStatus.KNOWN,
        body=FolderBody.model_validate({"folder": CAFE[1]}),
        now=world.clock(),
    )
    world.route(world.upload(f"{CAFE[0]}/films/a.mp4", b"film"))
    assert world.started().production == "cafe"


@pytest.mark.parametrize("names", [CAFE, ("Big Buck", "big-buck")])
def test_route_when_folders_spell_one_character_then_its_pictures_count_together(
    world: FilmsInMemory, names: tuple[str, str]
) -> None:
    for name in names:
        world.route(world.upload(f"bunny/characters/{name}/1.png", PICTURE))
    rows = list(REFERENCES.list(world.registry, "bunny"))
    assert (len(rows), len({row.body.character for row in rows})) == (2, 1)


def test_route_when_characters_share_no_more_than_a_slug_then_they_are_two(
    world: FilmsInMemory,
) -> None:
    for name in ("\u53f2", "\u662f"):
        world.route(world.upload(f"bunny/characters/{name}/1.png", PICTURE))
    rows = list(REFERENCES.list(world.registry, "bunny"))
    assert len({row.body.character for row in rows}) == 2


@pytest.mark.parametrize(
    "names",
    [
        [f"My.Film.of.a.very.long.name.2160p.mkv_snapshot_00.0{n}.02.png" for n in (1, 2, 3)],
        ["ref 1.png", "ref-1.png", "ref (1).png"],
        ["\U0001f430.png", "\U0001f43b.png", "\U0001f98a.png"],
    ],
)
def test_route_when_references_share_a_slug_then_each_counts(
    world: FilmsInMemory, names: list[str]
) -> None:
    for name in (*names, names[0]):  # the first comes twice
        world.route(world.upload(f"bunny/characters/Mira/{name}", PICTURE))
    rows = list(REFERENCES.list(world.registry, "bunny"))
    assert {row.body.source.key.rsplit("/", 1)[-1] for row in rows} == set(names)
    assert len(rows) == 3


def test_route_when_a_reference_of_an_older_stack_is_uploaded_again_then_it_counts_once(
    world: FilmsInMemory,
) -> None:
    key = "bunny/characters/Mira/ref 1.png"
    source = ObjectRef(bucket="uploads", key=key)
    body = ReferenceBody(character="mira", width=96, height=128, source=source)
    old = "mira/ref-1-png"
    REFERENCES.put(world.registry, "bunny", old, status=ReferenceStatus.RECORDED, body=body,
                   now=world.clock())  # fmt: skip
    world.route(world.upload(key, PICTURE))
    assert [row.id for row in REFERENCES.list(world.registry, "bunny")] == [old]
    world.route(world.upload("bunny/characters/Mira/ref-1.png", PICTURE))
    assert len(list(REFERENCES.list(world.registry, "bunny"))) == 2


@pytest.mark.parametrize(
    ("height", "width", "outcome"),
    [(64, 64, "recorded"), (63, 90, "notified"), (90, 63, "notified")],
)
def test_route_when_a_reference_is_about_the_smallest_size_then_taken_from_64_pixels_on(
    world: FilmsInMemory, height: int, width: int, outcome: str
) -> None:
    picture = picture_of(height, width)
    answer = world.route(world.upload("bunny/characters/Buck/front.png", picture))
    assert answer.outcome == outcome


def test_route_when_key_is_elsewhere_then_one_mail(world: FilmsInMemory) -> None:
    event = world.upload("bunny/notes.txt", b"hello")
    assert world.route(event).outcome == "notified"
    assert world.route(event).outcome == "notified"
    assert len(world.mailbox.mails) == 1
    assert "bunny/notes.txt" in world.mailbox.mails[0].body


def test_route_when_litter_then_silence(world: FilmsInMemory) -> None:
    for key in (
        "bunny/films/.DS_Store", "bunny/", "__MACOSX/bunny/films/._a.mp4",
        "bunny/films/a.mp4.filepart", "bunny/films/a.srt", "bunny/characters/Buck/front.jpg.part",
        "bunny/@eaDir/a.mp4", "bunny/settings.yaml.tmp",
    ):  # fmt: skip
        answer = world.route(world.upload(key, b"x"))
        assert answer.outcome == "ignored"
        assert answer.detail.startswith(f"{key} is a") or answer.detail.startswith(f"{key} is the")
    assert not world.mailbox.mails
    assert not world.executions.payloads


@pytest.mark.parametrize(
    "key",
    ["bunny/films/a.mp4", "bunny/characters/Buck/front.png", "bunny/storyboards/one.yaml",
     "bunny/notes"],
)  # fmt: skip
def test_route_when_an_object_is_empty_then_ignored_until_it_is_written(
    world: FilmsInMemory, key: str
) -> None:
    assert world.route(world.upload(key, b"")).detail == f"{key} is empty"
    assert (world.mailbox.mails, world.executions.payloads) == ([], {})
    if key.endswith(".mp4"):
        assert world.route(world.upload(key, b"film")).outcome == "started"


@pytest.mark.parametrize(
    ("name", "what", "advice"),
    [
        ("a.webp", "a picture, not a film", "<production>/characters/<name>/"),
        ("a.jxl", "a picture, not a film", "as JPEG, PNG, WebP or AVIF"),
        ("a.mp3", "sound without a picture", "upload the film that has it"),
        ("a.pages", "a document, not a film", "Documents are not used"),
    ],
)
def test_route_when_a_file_among_films_is_none_then_one_mail_says_what_it_is_and_no_run(
    world: FilmsInMemory, name: str, what: str, advice: str
) -> None:
    event = world.upload(f"bunny/films/{name}", b"RIFF")
    assert [world.route(event).outcome, world.route(event).outcome] == ["notified", "notified"]
    (mail,) = world.mailbox.mails
    assert mail.subject == f"bunny/films/{name} was not used"
    assert f"by its name it is {what}" in " ".join(mail.body.split())
    assert advice in " ".join(mail.body.split())
    assert world.executions.payloads == {}


def test_route_when_a_copy_is_renamed_then_prepared_once(world: FilmsInMemory) -> None:
    assert world.route(world.upload("bunny/films/a.mp4.filepart", b"film")).outcome == "ignored"
    assert world.route(world.upload("bunny/films/a.mp4", b"film")).outcome == "started"
    assert len(world.executions.payloads) == 1


@pytest.mark.parametrize(
    ("key", "limit", "subject"),
    [
        (SETTINGS, LIMIT_BYTES, "settings"),
        ("bunny/storyboards/one.yaml", LIMIT_BYTES, "storyboard"),
        ("bunny/characters/Buck/front.png", PICTURE_LIMIT_BYTES, "reference"),
    ],
)
def test_route_when_an_upload_is_huge_then_refused_before_it_is_read(
    world: FilmsInMemory, monkeypatch: pytest.MonkeyPatch, key: str, limit: int, subject: str
) -> None:
    event = world.upload(key, bytes(limit + 1))
    monkeypatch.setattr(world.uploads, "get", None)
    assert world.route(event).outcome == "notified"
    assert subject in world.mailbox.mails[0].subject
    assert f"{limit + 1:,} bytes" in world.mailbox.mails[0].body


def test_route_when_storyboard_then_drawing_starts_once_for_its_content(
    world: FilmsInMemory,
) -> None:
    event = world.upload("bunny/storyboards/Forest day.yaml", b"scenes: [Buck smiles]")
    assert world.route(event).outcome == "started"
    assert world.route(event).outcome == "already_running"
    ((arn, payload),) = world.executions.payloads.items()
    assert event.detail.object.version_id
    assert ":DrawStoryboard:forest-day-yaml-" in arn
    assert payload == {
        "request": {
            "production": "bunny",
            "storyboard_key": "bunny/storyboards/Forest day.yaml",
            "storyboard_version": event.detail.object.version_id,
            "deployment_id": None,
            "correlation_id": "upload-1",
        }
    }


def test_route_when_storyboard_is_replaced_then_drawn_again(world: FilmsInMemory) -> None:
    key = "bunny/storyboards/forest.yaml"
    world.route(world.upload(key, b"scenes: [Buck smiles]"))
    assert world.route(world.upload(key, b"scenes: [Buck runs]")).outcome == "started"
    assert len(world.executions.payloads) == 2


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"scenes: []", "at least 1"),
        (b"scenes: [" + b"Buck," * 200 + b"]", "more than 100 entries"),
        (b"scenes: ['']", "is empty"),
        (b"style: no scenes", "scenes"),
        (b"\x00", "control character U+0000"),
    ],
)
def test_route_when_storyboard_is_impossible_then_a_mail_and_nothing_starts(
    world: FilmsInMemory, text: bytes, why: str
) -> None:
    answer = world.route(world.upload("bunny/storyboards/forest.yaml", text))
    assert answer.outcome == "notified"
    assert not world.executions.payloads
    (mail,) = world.mailbox.mails
    assert "cannot be drawn" in mail.subject
    assert why in " ".join(mail.body.split())


def test_route_when_settings_name_a_model_that_the_stack_may_not_call_then_told(
    world: FilmsInMemory,
) -> None:
    answer = world.route(world.upload("bunny/settings.yaml", b"captions: {model: mine}"))
    assert answer.outcome == "notified"
    assert "captions.model is mine" in world.mailbox.mails[-1].body
    assert "CaptionModelId" in world.mailbox.mails[-1].body


@pytest.mark.parametrize("text", [None, b"sampling: {interval_seconds: 2}"])
def test_route_when_the_stack_was_deployed_with_other_models_then_films_are_prepared_with_them(
    world: FilmsInMemory, text: bytes | None
) -> None:
    world.models = AllowedModels(embedding="other.embed-v9")
    if text:
        assert world.route(world.upload("bunny/settings.yaml", text)).outcome == "accepted"
    world.route(world.upload("bunny/films/a.mp4", b"film"))
    settings = Settings.model_validate_json(world.studio.get(FilmKeys.of(world.started()).settings))
    assert settings.embedding.model == "other.embed-v9"


def test_route_when_the_content_comes_again_elsewhere_then_it_is_the_same_film(
    world: FilmsInMemory,
) -> None:
    assert world.route(world.upload("bunny/films/a.mp4", b"film")).outcome == "started"
    first = world.started()
    for key in ("bunny/films/b.mov", "bunny/films/day1/a.mp4", "Bunny/films/a.mp4"):
        assert world.route(world.upload(key, b"film")).outcome == "already_running"
    assert len(world.executions.payloads) == 1
    (film,) = FILMS.list(world.registry, "bunny")
    assert (film.id, film.body.title) == (first.film_id, "a.mp4")
    assert [place.key for place in film.body.places] == [
        "Bunny/films/a.mp4", "bunny/films/day1/a.mp4", "bunny/films/b.mov", "bunny/films/a.mp4",
    ]  # fmt: skip


def test_route_when_two_films_have_one_name_then_they_are_two(world: FilmsInMemory) -> None:
    for day in ("day1", "day2"):
        assert world.route(world.upload(f"bunny/films/{day}/A001.mp4", day.encode())).outcome == (
            "started"
        )
    assert len(list(FILMS.list(world.registry, "bunny"))) == 2


def test_route_when_a_film_of_an_older_stack_moved_then_it_is_prepared_already(
    world: FilmsInMemory,
) -> None:
    world.route(world.upload("bunny/films/a.mp4", b"film"))
    run = world.started()
    RUNS.create(world.registry, "bunny", run.run_id, status=RunStatus.PREPARED,
                body=RunBody(run=run, execution_arn="arn:done"), now=world.clock())  # fmt: skip
    (content,) = CONTENTS.list(world.registry, "bunny")
    CONTENTS.delete(world.registry, content)
    world.uploads.delete_prefix("bunny/films/")
    event = world.upload("bunny/films/renamed.mov", b"film")
    assert world.route(event).outcome == "already_prepared"


HAND_WRITTEN = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=200).map(str.encode),
    st.text("abc:{}[]-&*!|>#'\"%@, \n\t0123456789", max_size=80).map(str.encode),
    st.sampled_from(["sampling", "characters", "scenes", "finder", "x"]).flatmap(
        lambda key: st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.text(max_size=8), inner, max_size=3)
            ),
            max_leaves=6,
        ).map(lambda value: json.dumps({key: value}).encode())
    ),
)


@given(
    key=st.sampled_from([SETTINGS, "bunny/storyboards/a.yaml", "bunny/characters/Buck/a.jpg"]),
    body=HAND_WRITTEN,
)
def test_route_when_the_content_is_anything_then_answered_and_mails_have_no_inner_text(
    key: str, body: bytes
) -> None:
    world = FilmsInMemory()
    answer = world.route(world.upload(key, body))
    assert (answer.outcome == "notified") == (len(world.mailbox.mails) == 1)
    for mail in world.mailbox.mails:
        assert not INNER_TEXT.search(mail.subject + mail.body)
        assert len(mail.body.encode()) < 256_000


@pytest.mark.parametrize(
    ("key", "body", "notice"),
    [
        ("bunny/settings.yaml", b"credit: #1 film", "line 1, credit: #1 film is a comment"),
        (
            "bunny/storyboards/a.yaml",
            b"scenes: [a]\ntitle: Night #2",
            "line 2, title: #2 is a comment",
        ),
    ],
)
def test_route_when_a_value_may_go_on_as_a_comment_then_used_and_told_once(
    world: FilmsInMemory, key: str, body: bytes, notice: str
) -> None:
    event = world.upload(key, body)
    assert world.route(event).outcome in {"accepted", "started"}
    world.route(event)  # a repeated event
    (mail,) = world.mailbox.mails
    assert mail.subject.endswith(".yaml of bunny is used; look at it once more")
    assert notice in mail.body and "did you mean quotes?" in mail.body
