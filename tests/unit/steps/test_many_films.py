"""Fifty films at once, and events whose function fails, over the deployed functions."""

from __future__ import annotations

import os
from collections import Counter

import pytest
from drawn.films import draw_film
from fakes.stack_in_memory import PRODUCTION, StackInMemory

from onmodel.contracts.film_rows import RunStatus
from onmodel.errors import ServiceUnavailable
from onmodel.registry.kinds import MAILS, PLACES, RUNS

FILMS = 50 if os.environ.get("ONMODEL_ALL_FAULTS") else 5


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    draw_film(path, seconds=3, size=(1280, 720), fps=8, gop=8)
    return path.read_bytes()


def mails(stack: StackInMemory) -> Counter[str]:
    kinds = {row.id: row.body.event.split(":")[0] for row in MAILS.list_all(stack.world.registry)}
    return Counter(kinds[mail.mail_id] for mail in stack.world.mailbox.mails)


def test_films_when_uploaded_at_once_then_all_prepared_a_few_at_a_time(film: bytes) -> None:
    stack = StackInMemory()
    stack.deploy_again_with(FILMS_AT_ONCE=3)
    stack.upload(f"{PRODUCTION}/settings.yaml", b"training: {automatic: false}\n", "settings")
    for number in range(FILMS):
        stack.upload(f"{PRODUCTION}/films/{number}.mp4", film + bytes([number]), f"up-{number}")
    stack.machines.run_for(hours=4)
    runs = list(RUNS.list(stack.world.registry, PRODUCTION))
    assert [run.status for run in runs] == [RunStatus.PREPARED] * FILMS
    assert len(stack.labels.pictures) == 2, "equal pictures are asked about once"
    sent = mails(stack)
    assert sent["film_prepared"] >= 1
    assert set(sent) <= {"film_prepared", "films_prepared"}
    told = " ".join(mail.subject + mail.body for mail in stack.world.mailbox.mails)
    assert all(f"{number}.mp4" in told for number in range(FILMS))
    (places,) = PLACES.list_all(stack.world.registry)
    assert (places.body.taken, places.body.waiting) == ((), ())


@pytest.mark.parametrize(
    ("step", "mail"), [("collect_film", "training_started"), ("route_upload", "film_prepared")]
)
def test_event_when_its_function_fails_three_times_then_what_it_leads_to_comes_later(
    film: bytes, step: str, mail: str
) -> None:
    """A queue brings uploads back. What a lost event should have started, reconcile does."""
    stack = StackInMemory()
    stack.break_for(step, 0.2, ServiceUnavailable("nothing answers"))
    if step == "route_upload":
        stack.upload(f"{PRODUCTION}/films/a.mp4", film)
    else:
        stack.film_prepared()
    stack.machines.run_for(hours=2)
    assert [dead for dead, _ in stack.dead_letters] == ([] if step == "route_upload" else [step])
    assert mails(stack)[mail] == 1


def test_upload_when_its_function_fails_for_more_than_a_day_then_in_the_queue_of_dead_letters(
    film: bytes,
) -> None:
    stack = StackInMemory()
    stack.break_for("route_upload", 25, ServiceUnavailable("nothing answers"))
    stack.upload(f"{PRODUCTION}/films/a.mp4", film)
    stack.machines.run_for(hours=25)
    assert [dead for dead, _ in stack.dead_letters] == ["route_upload"]
