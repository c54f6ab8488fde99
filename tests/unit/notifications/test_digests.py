from __future__ import annotations

import pytest
from fakes.films_in_memory import FilmsInMemory

from onmodel.contracts.stack_rows import MailBody, MailStatus
from onmodel.notifications.digests import DIGEST_INTERVAL, hold, prepared_event
from onmodel.notifications.sending import mail_id_of, was_sent, was_tried
from onmodel.registry.kinds import MAILS


def put(world: FilmsInMemory, event: str, status: MailStatus) -> None:
    body = MailBody(event=event, subject="")
    MAILS.create(
        world.registry,
        "bunny",
        mail_id_of("bunny", event),
        status=status,
        body=body,
        now=world.clock(),
    )


def held(world: FilmsInMemory, event: str, production: str = "bunny") -> bool:
    return hold(event, production=production, registry=world.registry, clock=world.clock)


@pytest.mark.parametrize("before", ["film_prepared:a-r", "films_prepared:0123"])
@pytest.mark.parametrize("status", [MailStatus.SENDING, MailStatus.SENT])
def test_mail_when_one_about_films_went_out_within_the_interval_then_held(
    before: str, status: MailStatus
) -> None:
    world = FilmsInMemory()
    put(world, before, status)
    world.clock.advance(seconds=DIGEST_INTERVAL.total_seconds() - 1)
    event = prepared_event("b-r")
    assert [held(world, event), held(world, event)] == [True, True]
    assert not was_sent(world.registry, production="bunny", event=event)
    assert not was_tried(world.registry, production="bunny", event=event)


def test_mail_when_the_interval_is_over_then_not_held() -> None:
    world = FilmsInMemory()
    put(world, "film_prepared:a-r", MailStatus.SENT)
    world.clock.advance(seconds=DIGEST_INTERVAL.total_seconds())
    assert not held(world, prepared_event("b-r"))


@pytest.mark.parametrize(
    ("before", "status"),
    [
        ("film_refused:a-r:1", MailStatus.SENT),
        ("film_prepared:a-r", MailStatus.UNSENT),
        ("film_prepared:a-r", MailStatus.HELD),
    ],
)
def test_mail_when_no_mail_about_a_prepared_film_went_out_then_not_held(
    before: str, status: MailStatus
) -> None:
    world = FilmsInMemory()
    put(world, before, status)
    assert not held(world, prepared_event("b-r"))


@pytest.mark.parametrize("event", ["film_refused:b-r:1", "training_started:d1"])
def test_mail_when_about_anything_else_then_not_held(event: str) -> None:
    world = FilmsInMemory()
    put(world, "film_prepared:a-r", MailStatus.SENT)
    assert not held(world, event)


def test_mail_when_it_is_being_sent_already_then_not_held() -> None:
    world = FilmsInMemory()
    put(world, "film_prepared:a-r", MailStatus.SENT)
    put(world, prepared_event("b-r"), MailStatus.UNSENT)
    assert not held(world, prepared_event("b-r"))


def test_mail_when_of_another_production_then_not_held() -> None:
    world = FilmsInMemory()
    put(world, "film_prepared:a-r", MailStatus.SENT)
    assert not held(world, prepared_event("b-r"), "other")
