from __future__ import annotations

from datetime import timedelta

import pytest
from fakes.films_in_memory import FilmsInMemory
from fakes.mailbox import mails_of

from onmodel.registry.kinds import EMPTY_UPLOADS
from onmodel.steps.empty_uploads import PATIENCE, EmptyUploads
from onmodel.steps.upload_mails import UploadMails

KEY = "Big Buck/films/day 1/a.mp4"


@pytest.fixture
def world() -> FilmsInMemory:
    return FilmsInMemory()


def reported(world: FilmsInMemory) -> list[bool]:
    watcher = EmptyUploads(
        registry=world.registry,
        uploads=world.uploads,
        mails=UploadMails(mails_of(world), "uploads"),
        clock=world.clock,
    )
    return [watcher.report(row) for row in list(EMPTY_UPLOADS.list_all(world.registry))]


def test_empty_upload_when_it_stays_empty_then_one_mail_with_the_events_id(
    world: FilmsInMemory,
) -> None:
    event = world.upload(KEY, b"")
    for _ in range(2):
        world.route(event)
    world.clock.advance(minutes=14)
    assert reported(world) == [False]
    world.clock.advance(minutes=1)
    assert reported(world) == [True]
    world.route(event)  # a late repeat
    world.clock.advance(minutes=15)
    reported(world)
    (mail,) = world.mailbox.mails
    assert mail.subject == "a.mp4 is empty and was not used"
    assert f"s3://uploads/{KEY}" in mail.body
    assert mail.correlation_id == "upload-1"
    assert reported(world) == []


@pytest.mark.parametrize("later", [b"film", None])
def test_empty_upload_when_it_is_written_or_deleted_then_no_mail(
    world: FilmsInMemory, later: bytes | None
) -> None:
    world.route(world.upload(KEY, b""))
    world.delete(KEY) if later is None else world.upload(KEY, later)
    world.clock.advance(minutes=PATIENCE / timedelta(minutes=1))
    assert reported(world) == [False]
    assert reported(world) == []
    assert not world.mailbox.mails


def test_empty_upload_when_its_place_means_nothing_then_not_watched(world: FilmsInMemory) -> None:
    world.route(world.upload("bunny/notes", b""))
    world.route(world.upload("bunny/films/a.srt", b""))
    assert reported(world) == []
