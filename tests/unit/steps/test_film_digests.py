"""Films that are prepared shortly one after the other, over the deployed functions."""

from __future__ import annotations

from datetime import datetime

import pytest
from fakes.stack_in_memory import PRODUCTION, StackInMemory

from onmodel.contracts.base import Box
from onmodel.contracts.films import FilmFacts, FilmSummary
from onmodel.contracts.keys import FilmKeys
from onmodel.errors import ServiceUnavailable

FACTS = FilmFacts(
    container="mp4", codec="h264", width=64, height=64, duration_seconds=60.0,
    frames_per_second=24.0, picture=Box(left=0, top=0, width=64, height=64), size_bytes=1000,
)  # fmt: skip


def prepared(stack: StackInMemory, title: str, crops: int = 2) -> None:
    """A film of which PrepareFilm has only the mail left to send."""
    run = stack.world.film(title, crops=crops)
    summary = FilmSummary(
        production=PRODUCTION, film_id=run.film_id, run_id=run.run_id, title=title,
        facts=FACTS,
        frames=60, crops_found=crops, crops_kept=crops, rejected={}, named={"frank": crops},
        usage=(), estimated_usd=0.25, prepared_at=datetime.fromisoformat("2026-01-01T00:00:00Z"),
    )  # fmt: skip
    stack.world.studio.put(
        FilmKeys.of(run).summary, summary.model_dump_json().encode(), "application/json"
    )
    notification = {
        "kind": "film_prepared",
        "production": PRODUCTION,
        "id": run.run_id,
        "correlation_id": f"upload-{title}",
    }
    stack.call("notify", {"notification": notification, "execution_arn": f"arn:{title}"})


def subjects(stack: StackInMemory) -> list[str]:
    """Of the mails about prepared films; a training follows, with mails of its own."""
    return [mail.subject for mail in stack.world.mailbox.mails if " prepared" in mail.subject]


@pytest.fixture
def stack() -> StackInMemory:
    return StackInMemory()


def test_films_when_prepared_within_minutes_then_one_mail_and_one_digest(
    stack: StackInMemory,
) -> None:
    for number in range(10):
        stack.machines.run_for(minutes=1)
        prepared(stack, f"{number}.mp4")
    assert subjects(stack) == ["0.mp4 is prepared: 2 pictures of 1 character"]
    stack.machines.run_for(hours=2)
    assert len(subjects(stack)) == 2
    digest = stack.world.mailbox.mails[1]
    assert digest.subject == f"9 films of {PRODUCTION} are prepared"
    assert all(
        f"“{number}.mp4”: 2 pictures of 1 character." in digest.body for number in range(1, 10)
    )
    assert digest.body.count("https://") == 10, "nine reports and the home page"
    assert "Estimated cost of the paid calls: $2.25." in digest.body


def test_film_when_the_only_one_that_is_held_then_its_own_mail(stack: StackInMemory) -> None:
    prepared(stack, "a.mp4")
    prepared(stack, "b.mp4")
    stack.machines.run_for(hours=2)
    assert [subject.split()[0] for subject in subjects(stack)] == ["a.mp4", "b.mp4"]


def test_film_when_prepared_after_the_interval_then_its_mail_at_once(stack: StackInMemory) -> None:
    prepared(stack, "a.mp4")
    stack.machines.run_for(minutes=16)
    prepared(stack, "b.mp4")
    assert len(subjects(stack)) == 2


def test_mail_when_the_state_is_repeated_then_held_once(stack: StackInMemory) -> None:
    prepared(stack, "a.mp4")
    for _ in range(3):
        prepared(stack, "b.mp4")
    stack.machines.run_for(hours=2)
    assert len(subjects(stack)) == 2


def test_digest_when_it_cannot_be_sent_then_the_next_round_sends_it(stack: StackInMemory) -> None:
    prepared(stack, "a.mp4")
    prepared(stack, "b.mp4")
    prepared(stack, "c.mp4")
    publish = stack.world.mailbox.publish
    fails = [True]

    def once(*arguments: str) -> None:
        if fails.pop() if fails else False:
            raise ServiceUnavailable("the topic is away")
        publish(*arguments)

    stack.world.mailbox.publish = once  # type: ignore[method-assign]
    stack.machines.run_for(minutes=16)
    assert len(subjects(stack)) == 1
    stack.machines.run_for(minutes=15)
    assert subjects(stack)[1:] == [f"2 films of {PRODUCTION} are prepared"]
