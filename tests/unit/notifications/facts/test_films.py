from __future__ import annotations

from datetime import UTC, datetime

import pytest
from fakes.films_in_memory import FilmsInMemory, run_of

from onmodel.contracts.base import Usage
from onmodel.contracts.crops import RejectReason
from onmodel.contracts.film_rows import RunBody, RunStatus
from onmodel.contracts.films import FilmFacts, FilmSummary
from onmodel.contracts.notifications import NotificationRequest
from onmodel.notifications.facts.base import Notification, Sources
from onmodel.notifications.facts.films import (
    FilmFailedFacts,
    FilmPreparedFacts,
    FilmRefusedFacts,
    film_failed,
    film_refused,
    with_unnamed,
)
from onmodel.registry.kinds import RUNS

FACTS = FilmFacts.model_validate(
    {
        "container": "mov", "codec": "h264", "width": 1280, "height": 720, "duration_seconds": 12,
        "frames_per_second": 24, "picture": {"left": 0, "top": 0, "width": 1280, "height": 720},
        "size_bytes": 9,
    }
)  # fmt: skip
SUMMARY = FilmSummary(
    production="bunny",
    film_id="a-00000001",
    run_id="a-00000001-aaaaaaaa",
    title="a.mp4",
    facts=FACTS,
    frames=12,
    crops_found=9,
    crops_kept=7,
    rejected={RejectReason.BLACK: 2, RejectReason.BLURRED: 0, RejectReason.NEAR_DUPLICATE: 5},
    named={"buck": 3, "frank": 0, "": 4},
    usage=(Usage(item="a", paid=1, reused=2), Usage(item="b", paid=0, reused=3)),
    estimated_usd=None,
    prepared_at=datetime(2026, 11, 22, tzinfo=UTC),
)


def ended(world: FilmsInMemory, status: RunStatus, **body: str) -> NotificationRequest:
    run = run_of(attempt=2)
    RUNS.create(
        world.registry, run.production, run.run_id, status=status,
        body=RunBody(run=run, execution_arn="arn", **body), now=world.clock(),
    )  # fmt: skip
    return NotificationRequest(
        kind="film_refused", production=run.production, id=run.run_id, correlation_id="c-1"
    )


def refused(world: FilmsInMemory, request: NotificationRequest) -> Notification:
    return film_refused(request, Sources(world.registry, world.clock()))


def test_prepared_when_summed_up_then_what_was_dropped_most_first_and_what_was_reused() -> None:
    facts = FilmPreparedFacts.of(SUMMARY, report="r", pictures="p", records="s")
    assert facts.dropped == ((5, "near-duplicates of a kept picture"), (2, "black"))
    assert facts.characters == {"buck": 3, "": 4}
    assert (facts.reused, facts.usd) == (5, None)


@pytest.mark.parametrize(
    ("named", "kept", "found"),
    [
        ({}, 0, {}),
        ({}, 2, {"": 2}),
        ({"a": 2}, 2, {"a": 2}),
        ({"a": 1, "b": 0}, 2, {"a": 1, "": 1}),
    ],
)
def test_with_unnamed_when_counted_then_the_rest_is_unnamed(
    named: dict[str, int], kept: int, found: dict[str, int]
) -> None:
    assert with_unnamed(named, kept) == found


def test_refused_when_the_row_is_refused_then_reason_and_advice() -> None:
    world = FilmsInMemory()
    notification = refused(world, ended(world, RunStatus.REFUSED, reason="no film", advice="Cut"))
    assert notification.facts == FilmRefusedFacts(
        production="bunny", title="a.mp4", reason="no film", advice="Cut"
    )
    assert notification.event == "film_refused:a-00000001-aaaaaaaa:2"


def test_refused_when_the_row_is_failed_then_another_text_of_the_same_event() -> None:
    world = FilmsInMemory()
    notification = refused(world, ended(world, RunStatus.FAILED))
    assert notification.facts == FilmFailedFacts(
        production="bunny", title="a.mp4", reason="an unknown fault"
    )
    assert notification.event == "film_refused:a-00000001-aaaaaaaa:2"


def test_failed_when_the_sender_has_a_reason_then_it_comes_before_the_rows() -> None:
    world = FilmsInMemory()
    request = ended(world, RunStatus.RUNNING, reason="before")
    request = request.model_copy(update={"extra": {"reason": "its execution ended"}})
    facts = film_failed(request, Sources(world.registry, world.clock())).facts
    assert isinstance(facts, FilmFailedFacts)
    assert facts.reason == "its execution ended"
