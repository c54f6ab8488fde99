from __future__ import annotations

import pytest
from fakes.mailbox import InMemoryMailbox
from fakes.studio import TRAINING, Studio
from fakes.world import World, run_of

from onmodel.contracts.trainings import TrainingStatus
from onmodel.errors import Conflict, EventRefused, ServiceUnavailable
from onmodel.notifications.mails import Mail
from onmodel.notifications.sending import send_once
from onmodel.ports.account import Mailbox
from onmodel.ports.registry import Record
from onmodel.registry.kinds import MAILS

MAIL = Mail(subject="A film is prepared", body="Look.\n")


class Broken(InMemoryMailbox):
    def publish(self, subject: str, body: str, mail_id: str, correlation_id: str) -> None:
        raise ServiceUnavailable("the topic is away")


def send(world: World, mailbox: Mailbox | None = None) -> bool:
    return send_once(
        MAIL,
        production="bunny",
        event="film_prepared:r-1",
        correlation_id="c-1",
        registry=world.registry,
        mailbox=mailbox or world.mailbox,
        clock=world.clock,
    )


def test_send_when_repeated_then_one_mail() -> None:
    world = World()
    assert [send(world), send(world)] == [True, False]
    assert len(world.mailbox.mails) == 1


def test_send_when_the_topic_fails_then_nothing_is_remembered_and_a_retry_sends() -> None:
    world = World()
    with pytest.raises(ServiceUnavailable):
        send(world, Broken())
    assert not list(MAILS.list(world.registry, "bunny"))
    assert send(world)


def test_send_when_it_dies_right_after_publishing_then_the_double_has_the_same_id(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    create = world.registry.create

    def dies(record: Record) -> Record:
        monkeypatch.setattr(world.registry, "create", create)
        raise ServiceUnavailable("gone")

    monkeypatch.setattr(world.registry, "create", dies)
    with pytest.raises(ServiceUnavailable):
        send(world)
    assert send(world)
    first, second = world.mailbox.mails
    assert first.mail_id == second.mail_id


def test_send_when_a_parallel_attempt_was_first_then_it_is_no_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()

    def taken(record: Record) -> Record:
        raise Conflict("exists")

    monkeypatch.setattr(world.registry, "create", taken)
    assert send(world) is False


def test_notify_when_the_kind_is_unknown_then_refused() -> None:
    with pytest.raises(EventRefused):
        World().notify("poem", run_of())


def test_notify_when_the_run_is_unknown_then_refused() -> None:
    with pytest.raises(EventRefused):
        World().notify("film_prepared", run_of())


def test_notify_when_asked_twice_then_one_mail_under_the_id_of_its_request() -> None:
    studio = Studio()
    studio.trainer.end(studio.job, TrainingStatus.FAILED)
    studio.claim()
    studio.notify("training_failed", TRAINING)
    studio.notify("training_failed", TRAINING)
    (mail,) = studio.mailbox.mails
    assert mail.correlation_id == "upload-1"
    (sent,) = MAILS.list(studio.registry, "bunny")
    assert sent.body.event == f"training_failed:{TRAINING}"
