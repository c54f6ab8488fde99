from __future__ import annotations

import pytest
from fakes.films_in_memory import FilmsInMemory
from fakes.mailbox import InMemoryMailbox, mails_of

from onmodel.contracts.keys import as_typed
from onmodel.errors import Conflict, ServiceUnavailable, Throttled
from onmodel.films.folders import record_production
from onmodel.notifications.facts.base import Notification
from onmodel.notifications.facts.datasets import DatasetRefusedFacts
from onmodel.notifications.facts.uploads import UploadUnknownFacts
from onmodel.notifications.sending import mail_id_of, was_sent, was_tried
from onmodel.ports.account import Mailbox
from onmodel.ports.registry import Record
from onmodel.registry.kinds import MAILS

EVENT = "upload:bunny/notes.txt:e-1"


def throttled(*_: object) -> Record:
    raise Throttled("too many writes")


class Broken(InMemoryMailbox):
    def publish(self, subject: str, body: str, mail_id: str, correlation_id: str) -> None:
        raise ServiceUnavailable("the topic is away")


def send(world: FilmsInMemory, mailbox: Mailbox | None = None) -> bool:
    facts = UploadUnknownFacts(production="bunny", bucket="b", key="notes.txt")
    return mails_of(world, mailbox).send_once(Notification(facts, EVENT), "c-1")


def test_send_when_repeated_then_one_mail() -> None:
    world = FilmsInMemory()
    assert [send(world), send(world)] == [True, False]
    (mail,) = world.mailbox.mails
    assert mail.subject == "We do not know what to do with notes.txt"
    assert mail.correlation_id == "c-1"


def test_send_when_sent_then_its_row_names_event_and_subject() -> None:
    world = FilmsInMemory()
    assert not was_sent(world.registry, production="bunny", event=EVENT)
    send(world)
    (row,) = MAILS.list(world.registry, "bunny")
    (mail,) = world.mailbox.mails
    assert row.id == mail.mail_id == mail_id_of("bunny", EVENT)
    assert (row.body.event, row.body.subject) == (EVENT, mail.subject)
    assert was_sent(world.registry, production="bunny", event=EVENT)


def test_mail_id_when_the_stack_is_updated_then_stays() -> None:
    """A different id would send the mails of everything that is already there again."""
    assert mail_id_of("bunny", "film_prepared:a-00000001-aaaaaaaa") == "855bc7135a739f82"


def test_send_when_the_topic_fails_then_unsent_and_a_retry_sends() -> None:
    world = FilmsInMemory()
    with pytest.raises(ServiceUnavailable):
        send(world, Broken())
    assert not was_sent(world.registry, production="bunny", event=EVENT)
    assert send(world)


def test_send_when_rows_cannot_be_written_then_nothing_is_published(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each of a machine's 16 attempts published the mail again."""
    world = FilmsInMemory()

    with monkeypatch.context() as patch:
        patch.setattr(world.registry, "create", throttled)
        for _ in range(16):
            with pytest.raises(Throttled):
                send(world)
    assert not world.mailbox.mails
    assert send(world)


def test_send_when_only_its_end_cannot_be_written_then_one_mail(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = FilmsInMemory()

    with monkeypatch.context() as patch:
        patch.setattr(world.registry, "replace", throttled)
        assert send(world)
        assert was_tried(world.registry, production="bunny", event=EVENT)
        for minutes in range(16):
            world.clock.advance(minutes=minutes)
            with pytest.raises((Throttled, Conflict)):
                send(world)
    assert len(world.mailbox.mails) == 1


def test_send_when_it_dies_right_after_publishing_then_the_double_has_the_same_id() -> None:
    class Dies(InMemoryMailbox):
        def publish(self, subject: str, body: str, mail_id: str, correlation_id: str) -> None:
            world.mailbox.publish(subject, body, mail_id, correlation_id)
            raise KeyboardInterrupt  # nobody catches it, as when a process is ended

    world = FilmsInMemory()
    with pytest.raises(KeyboardInterrupt):
        send(world, Dies())
    with pytest.raises(Conflict):
        send(world)  # the first may still be at work
    world.clock.advance(minutes=5)
    assert send(world)
    first, second = world.mailbox.mails
    assert first.mail_id == second.mail_id


def test_send_when_a_parallel_attempt_is_sending_then_a_conflict_and_one_mail() -> None:
    class Slow(InMemoryMailbox):
        def publish(self, subject: str, body: str, mail_id: str, correlation_id: str) -> None:
            with pytest.raises(Conflict):
                send(world)
            world.mailbox.publish(subject, body, mail_id, correlation_id)

    world = FilmsInMemory()
    assert send(world, Slow())
    assert send(world) is False
    assert len(world.mailbox.mails) == 1


@pytest.mark.parametrize("folder", ["🎬 Night", "Cafe\u0301", "北京"])
def test_send_when_the_production_has_a_name_of_any_script_then_the_mail_has_it(
    folder: str,
) -> None:
    world = FilmsInMemory()
    production = record_production(folder, world.registry, world.clock)
    facts = DatasetRefusedFacts(production=production.id, reason="too few", advice="add some")
    mails_of(world).send_once(Notification(facts, EVENT), "c-1")
    (mail,) = world.mailbox.mails
    assert f"production {as_typed(folder)} are prepared" in " ".join(mail.body.split())
    text, _, foot = mail.body.partition("\n--\n")
    assert production.id not in text
    assert f"All of {as_typed(folder)}, to look at:" in foot
