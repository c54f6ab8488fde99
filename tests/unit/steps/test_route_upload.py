from __future__ import annotations

import numpy as np
import pytest
from fakes.world import World

from onmodel.contracts.keys import FilmKeys, accepted_settings_key
from onmodel.contracts.settings import AllowedModels, Settings
from onmodel.errors import NotFound
from onmodel.films.settings import settings_in_force
from onmodel.formats.user_yaml import LIMIT_BYTES
from onmodel.registry.kinds import REFERENCES
from onmodel.vision.encoding import PICTURE_LIMIT_BYTES, encode_picture

PICTURE = encode_picture(np.full((128, 96, 3), 90, np.uint8), "png")


@pytest.fixture
def world() -> World:
    return World()


def test_route_when_film_then_execution_is_named_after_the_run(world: World) -> None:
    answer = world.route(world.upload("bunny/films/a.mp4", b"film"))
    run = world.started()
    assert answer.outcome == "started"
    assert next(iter(world.executions.payloads)).endswith(f":{run.run_id}-1")
    assert run.correlation_id == "upload-1"


def test_route_when_two_events_come_at_once_then_one_execution(world: World) -> None:
    first = world.upload("bunny/films/a.mp4", b"film")
    assert world.route(first).outcome == "started"
    assert world.route(world.event("bunny/films/a.mp4", "upload-2")).outcome == "already_running"
    assert len(world.executions.payloads) == 1


def test_route_when_the_run_is_claimed_then_its_attempt_counts_as_long_as_its_execution_lives(
    world: World,
) -> None:
    world.route(world.upload("bunny/films/a.mp4", b"film"))
    execution = world.claim(world.started())
    again = world.event("bunny/films/a.mp4", "upload-2")
    assert world.route(again).outcome == "already_running"
    assert len(world.executions.payloads) == 1
    world.executions.finish(execution)
    assert (world.route(again).outcome, world.started().attempt) == ("started", 2)


def test_route_when_an_execution_died_before_it_claimed_then_the_next_attempt_starts(
    world: World,
) -> None:
    world.route(world.upload("bunny/films/a.mp4", b"film"))
    (died,) = world.executions.payloads
    world.executions.finish(died)
    answer = world.route(world.event("bunny/films/a.mp4", "upload-2"))
    assert (answer.outcome, world.started().attempt) == ("started", 2)


def test_route_when_film_is_replaced_under_its_key_then_a_new_run(world: World) -> None:
    world.route(world.upload("bunny/films/a.mp4", b"film"))
    first = world.started()
    assert world.route(world.upload("bunny/films/a.mp4", b"better")).outcome == "started"
    assert world.started().run_id != first.run_id


def test_route_when_object_is_gone_then_ignored(world: World) -> None:
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


def test_route_when_settings_are_good_then_they_hold_for_the_next_film(world: World) -> None:
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
    world: World, changes: tuple[bytes | None, ...], arrivals: str, credit: str, mails: int
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
    world: World, before: bytes, now: bytes | None, credit: str
) -> None:
    world.route(world.upload(SETTINGS, before))
    world.delete(SETTINGS) if now is None else world.upload(SETTINGS, now)
    world.route(world.upload("bunny/films/a.mp4", b"film"))
    of_run = Settings.model_validate_json(world.studio.get(FilmKeys.of(world.started()).settings))
    assert of_run.credit == credit
    assert settings_in_force("bunny", world.studio).credit == credit
    assert len(world.mailbox.mails) == (now == BAD)


def test_route_when_settings_of_a_folder_that_owns_nothing_are_deleted_then_ignored(
    world: World,
) -> None:
    world.route(world.upload("My Show/settings.yaml", GOOD))
    world.upload("my-show/settings.yaml", BETTER)
    assert world.route(world.delete("my-show/settings.yaml")).outcome == "ignored"
    assert world.route(world.delete("other/settings.yaml")).outcome == "ignored"
    assert settings_in_force("my-show", world.studio).credit == "good"


@pytest.mark.parametrize("key", ["bunny/films/a.mp4", "bunny/notes/settings.yaml", "bunny/x"])
def test_route_when_anything_else_is_deleted_then_ignored(world: World, key: str) -> None:
    assert world.route(world.delete(key)).outcome == "ignored"
    assert not world.mailbox.mails


def test_route_when_settings_are_impossible_then_a_mail_and_the_last_good_ones_hold(
    world: World,
) -> None:
    world.route(world.upload("bunny/settings.yaml", b"sampling: {interval_seconds: 2}"))
    answer = world.route(world.upload("bunny/settings.yaml", b"sampling: {interval_seconds: -2}"))
    assert answer.outcome == "notified"
    assert "interval_seconds" in world.mailbox.mails[0].body
    assert world.route(world.upload("bunny/films/a.mp4", b"film")).outcome == "started"
    settings = Settings.model_validate_json(world.studio.get(FilmKeys.of(world.started()).settings))
    assert settings.sampling.interval_seconds == 2


def test_route_when_first_settings_are_impossible_then_nothing_is_accepted(world: World) -> None:
    world.route(world.upload("bunny/settings.yaml", b"samplin: {}"))
    with pytest.raises(NotFound):
        world.studio.get(accepted_settings_key("bunny"))


def test_route_when_reference_is_a_picture_then_recorded(world: World) -> None:
    event = world.upload("bunny/characters/Big Buck/front.png", PICTURE)
    assert world.route(event).outcome == "recorded"
    (record,) = REFERENCES.list(world.registry, "bunny")
    assert record.body.character == "big-buck"


@pytest.mark.parametrize(
    "body",
    [b"not a picture", PICTURE[:60], encode_picture(np.zeros((20, 20, 3), np.uint8), "png")],
)
def test_route_when_reference_is_no_picture_then_one_mail(world: World, body: bytes) -> None:
    event = world.upload("bunny/characters/Buck/front.png", body)
    assert world.route(event).outcome == "notified"
    assert world.route(event).outcome == "notified"
    assert len(world.mailbox.mails) == 1
    assert not list(REFERENCES.list(world.registry, "bunny"))


def test_route_when_two_characters_share_a_slug_then_the_second_is_refused(world: World) -> None:
    world.route(world.upload("bunny/characters/Big Buck/1.png", PICTURE))
    answer = world.route(world.upload("bunny/characters/big-buck/1.png", PICTURE))
    assert answer.outcome == "notified"
    assert "which exists" in world.mailbox.mails[0].body
    assert len(list(REFERENCES.list(world.registry, "bunny"))) == 1


def test_route_when_two_productions_share_a_slug_then_the_second_film_is_not_mixed_in(
    world: World,
) -> None:
    world.route(world.upload("My Show/films/a.mp4", b"film"))
    assert world.route(world.upload("my-show/films/b.mp4", b"film")).outcome == "notified"
    assert len(world.executions.payloads) == 1


@pytest.mark.parametrize(
    ("key", "body"),
    [
        ("my-show/films/b.mp4", b"film"),
        ("my-show/settings.yaml", b"sampling: {interval_seconds: 2}"),
        ("my-show/characters/Mira/front.png", PICTURE),
        ("my-show/storyboards/forest.yaml", b"scenes: [Mira smiles]"),
    ],
)
def test_route_when_a_production_has_the_slug_of_another_then_nothing_of_it_is_taken(
    world: World, key: str, body: bytes
) -> None:
    world.route(world.upload("My Show/films/a.mp4", b"film"))
    assert world.route(world.upload(key, body)).outcome == "notified"
    (mail,) = world.mailbox.mails
    assert "'My Show', which exists" in " ".join(mail.body.split())
    assert "differs in letters or digits" in " ".join(mail.body.split())
    assert mail.correlation_id == "upload-1"
    assert mail.body.endswith("onmodel, id upload-1\n")
    assert len(world.executions.payloads) == 1
    assert not list(REFERENCES.list(world.registry, "my-show"))
    assert accepted_settings_key("my-show") not in world.studio.keys("")


@pytest.mark.parametrize(
    ("height", "width", "outcome"),
    [(64, 64, "recorded"), (63, 90, "notified"), (90, 63, "notified")],
)
def test_route_when_a_reference_is_about_the_smallest_size_then_taken_from_64_pixels_on(
    world: World, height: int, width: int, outcome: str
) -> None:
    picture = encode_picture(np.full((height, width, 3), 90, np.uint8), "png")
    answer = world.route(world.upload("bunny/characters/Buck/front.png", picture))
    assert answer.outcome == outcome


def test_route_when_key_is_elsewhere_then_one_mail(world: World) -> None:
    event = world.upload("bunny/notes.txt", b"hello")
    assert world.route(event).outcome == "notified"
    assert world.route(event).outcome == "notified"
    assert len(world.mailbox.mails) == 1
    assert "bunny/notes.txt" in world.mailbox.mails[0].body


def test_route_when_litter_then_silence(world: World) -> None:
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
    world: World, key: str
) -> None:
    assert world.route(world.upload(key, b"")).detail == f"{key} is empty"
    assert (world.mailbox.mails, world.executions.payloads) == ([], {})
    if key.endswith(".mp4"):
        assert world.route(world.upload(key, b"film")).outcome == "started"


def test_route_when_a_copy_is_renamed_then_prepared_once(world: World) -> None:
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
    world: World, monkeypatch: pytest.MonkeyPatch, key: str, limit: int, subject: str
) -> None:
    event = world.upload(key, bytes(limit + 1))
    monkeypatch.setattr(world.uploads, "get", None)
    assert world.route(event).outcome == "notified"
    assert subject in world.mailbox.mails[0].subject
    assert f"{limit + 1:,} bytes" in world.mailbox.mails[0].body


def test_route_when_storyboard_then_drawing_starts_once_for_its_content(world: World) -> None:
    event = world.upload("bunny/storyboards/Forest day.yaml", b"scenes: [Buck smiles]")
    assert world.route(event).outcome == "started"
    assert world.route(event).outcome == "already_running"
    ((arn, payload),) = world.executions.payloads.items()
    assert ":DrawStoryboard:forest-day-yaml-" in arn
    assert payload == {
        "request": {
            "production": "bunny",
            "storyboard_key": "bunny/storyboards/Forest day.yaml",
            "deployment_id": None,
            "correlation_id": "upload-1",
        }
    }


def test_route_when_storyboard_is_replaced_then_drawn_again(world: World) -> None:
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
        (b"\x00", "YAML"),
    ],
)
def test_route_when_storyboard_is_impossible_then_a_mail_and_nothing_starts(
    world: World, text: bytes, why: str
) -> None:
    answer = world.route(world.upload("bunny/storyboards/forest.yaml", text))
    assert answer.outcome == "notified"
    assert not world.executions.payloads
    (mail,) = world.mailbox.mails
    assert "cannot be drawn" in mail.subject
    assert why in " ".join(mail.body.split())


def test_route_when_settings_name_a_model_that_the_stack_may_not_call_then_told(
    world: World,
) -> None:
    answer = world.route(world.upload("bunny/settings.yaml", b"captions: {model: mine}"))
    assert answer.outcome == "notified"
    assert "captions.model is mine" in world.mailbox.mails[-1].body
    assert "CaptionModelId" in world.mailbox.mails[-1].body


@pytest.mark.parametrize("text", [None, b"sampling: {interval_seconds: 2}"])
def test_route_when_the_stack_was_deployed_with_other_models_then_films_are_prepared_with_them(
    world: World, text: bytes | None
) -> None:
    world.models = AllowedModels(embedding="other.embed-v9")
    if text:
        assert world.route(world.upload("bunny/settings.yaml", text)).outcome == "accepted"
    world.route(world.upload("bunny/films/a.mp4", b"film"))
    settings = Settings.model_validate_json(world.studio.get(FilmKeys.of(world.started()).settings))
    assert settings.embedding.model == "other.embed-v9"
