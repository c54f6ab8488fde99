from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from fakes.detector_in_memory import STOP, DetectorInMemory
from fakes.detectors import MODEL
from fakes.films_in_memory import FilmsInMemory

from onmodel.contracts.detectors import DetectorStage, DetectorStarted
from onmodel.deployments.deletion import begin_deletion
from onmodel.errors import Conflict, EventRefused, FilmModelRefused, ServiceUnavailable, Throttled
from onmodel.films.detectors import detector_of, stop_all


@pytest.fixture
def world() -> FilmsInMemory:
    return FilmsInMemory()


def test_start_when_asked_until_it_runs_then_started_once_with_its_end_scheduled(
    world: FilmsInMemory,
) -> None:
    asking = DetectorInMemory(world)
    assert asking.ask(inference_units=2, hours=1.5) == DetectorStarted(
        is_running=False, wait_seconds=60
    )
    (schedule,) = asking.scheduler.schedules.values()
    assert schedule.at == world.clock() + timedelta(hours=1.5)
    assert schedule.target_arn == STOP
    assert '"why": "time_is_up"' in schedule.payload
    world.clock.advance(minutes=15)
    assert asking.ask(inference_units=2, hours=1.5).is_running
    row = asking.row()
    assert (row.status, row.body.is_ours, row.body.units) == (DetectorStage.RUNNING, True, 2)
    assert row.body.unit_usd_hour == 4.0
    assert len(world.detectors.lives) == len(asking.scheduler.schedules) == 1


def test_start_when_the_end_cannot_be_scheduled_then_not_started(
    world: FilmsInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = DetectorInMemory(world)

    def down(*_: Any) -> None:
        raise ServiceUnavailable("nothing answers")

    monkeypatch.setattr(asking.scheduler, "at", down)
    with pytest.raises(ServiceUnavailable):
        asking.ask()
    assert world.detectors.running == []


def test_start_when_row_and_schedule_are_looked_at_then_both_precede_the_start(
    world: FilmsInMemory,
) -> None:
    asking, seen = DetectorInMemory(world), []
    world.detectors.on_start = lambda _: seen.append(
        (asking.row().status, len(asking.scheduler.schedules))
    )
    asking.ask()
    assert seen == [(DetectorStage.STARTING, 1)]


def test_start_when_two_films_ask_then_one_start_and_an_end_for_each(world: FilmsInMemory) -> None:
    asking = DetectorInMemory(world)
    asking.ask("a")
    world.clock.advance(minutes=10)
    asking.ask("b")
    world.clock.advance(minutes=10)
    assert asking.ask("a").is_running
    assert asking.ask("b").is_running
    assert [lease.run_id for lease in asking.row().body.leases] == ["film-a", "film-b"]
    assert len(asking.scheduler.schedules) == 2
    assert len(world.detectors.lives) == 1


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("TRAINING_IN_PROGRESS", "cannot be started: it is TRAINING_IN_PROGRESS"),
        ("DELETING", "cannot be started: it is DELETING"),
        (None, "does not exist \\(any more\\)"),
    ],
)
def test_start_when_the_model_is_not_ready_then_refused_with_its_state(
    world: FilmsInMemory, word: str | None, reason: str
) -> None:
    world.detectors.models[MODEL] = word  # type: ignore[assignment]
    with pytest.raises(FilmModelRefused, match=reason):
        DetectorInMemory(world).ask()
    assert world.detectors.running == []


def test_start_when_it_failed_to_start_then_refused_and_not_started_again(
    world: FilmsInMemory,
) -> None:
    asking = DetectorInMemory(world)
    world.detectors.fails_to_start = True
    asking.ask()
    world.clock.advance(minutes=15)
    with pytest.raises(FilmModelRefused, match="it is FAILED"):
        asking.ask()


def test_start_when_it_failed_for_an_earlier_film_then_tried_again(world: FilmsInMemory) -> None:
    world.detectors.models[MODEL] = "FAILED"
    assert not DetectorInMemory(world).ask().is_running
    assert world.detectors.running == [MODEL]


def test_start_when_throttled_after_it_failed_for_an_earlier_film_then_tried_again(
    world: FilmsInMemory,
) -> None:
    asking, start, throttles = DetectorInMemory(world), world.detectors.start, [Throttled("busy")]

    def start_later(model: str, units: int) -> None:
        if throttles:
            raise throttles.pop()
        start(model, units)

    world.detectors.models[MODEL] = "FAILED"
    world.detectors.start = start_later  # type: ignore[method-assign]
    with pytest.raises(Throttled):
        asking.ask()
    assert not asking.ask().is_running
    assert world.detectors.running == [MODEL]


def test_start_when_the_function_ends_before_the_call_and_it_had_failed_then_started(
    world: FilmsInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = DetectorInMemory(world)
    world.detectors.models[MODEL] = "FAILED"

    def dies(*_: Any) -> None:
        raise RuntimeError("the process ends")

    with monkeypatch.context() as broken, pytest.raises(RuntimeError):
        broken.setattr(world.detectors, "start", dies)
        asking.ask()
    assert not asking.ask().is_running
    assert world.detectors.running == [MODEL]


def test_start_when_it_is_shown_as_failed_right_after_the_call_then_waited_for(
    world: FilmsInMemory,
) -> None:
    asking = DetectorInMemory(world)
    world.detectors.models[MODEL] = "FAILED"
    asking.ask("a")
    world.detectors.models[MODEL] = "FAILED"
    assert not asking.ask("b").is_running
    world.clock.advance(minutes=2)
    with pytest.raises(FilmModelRefused, match="did not start: it is FAILED"):
        asking.ask("b")


def test_start_when_it_is_stopped_for_another_film_while_it_starts_then_waited_for(
    world: FilmsInMemory,
) -> None:
    asking = DetectorInMemory(world)
    asking.ask("a")
    world.clock.advance(minutes=3)
    with pytest.raises(Conflict):
        asking.stop("a", "failed")
    assert not asking.ask("b").is_running
    assert asking.row().status == DetectorStage.STOPPING


def test_start_when_the_service_refuses_it_then_the_row_is_free_at_once(
    world: FilmsInMemory,
) -> None:
    asking, world.detectors.most = DetectorInMemory(world), 0
    with pytest.raises(FilmModelRefused):
        asking.ask()
    asking.stop(why="failed")
    assert asking.row().status == DetectorStage.STOPPED


def test_start_when_the_account_runs_no_more_then_refused(world: FilmsInMemory) -> None:
    world.detectors.most = 0
    with pytest.raises(FilmModelRefused, match=r"AWS does not start .* now"):
        DetectorInMemory(world).ask()


def test_start_when_it_may_cost_more_than_the_limit_then_refused_before_a_lease(
    world: FilmsInMemory,
) -> None:
    with pytest.raises(FilmModelRefused, match="above SpendLimitUsd"):
        DetectorInMemory(world, limit_usd=11.99).ask(hours=3)
    assert detector_of(world.registry, MODEL) is None


def test_start_when_the_stack_is_being_deleted_then_refused_without_a_lease(
    world: FilmsInMemory,
) -> None:
    asking = DetectorInMemory(world)
    begin_deletion(world.registry, world.clock)
    with pytest.raises(EventRefused, match="is being deleted"):
        asking.ask()
    assert asking.row().body.leases == ()
    assert world.detectors.running == []


def test_start_when_the_deletion_begins_just_before_the_start_then_refused_and_not_started(
    world: FilmsInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = DetectorInMemory(world)
    at = asking.scheduler.at

    def deletion_begins(*args: Any) -> Any:
        begin_deletion(world.registry, world.clock)
        return at(*args)

    monkeypatch.setattr(asking.scheduler, "at", deletion_begins)
    with pytest.raises(EventRefused, match="is being deleted"):
        asking.ask()
    assert world.detectors.running == []
    world.clock.advance(minutes=2)
    assert stop_all(world.registry, world.detectors, world.clock) == []
    assert asking.row().status == DetectorStage.STOPPED


def test_start_when_the_films_time_is_over_then_refused_and_no_new_lease(
    world: FilmsInMemory,
) -> None:
    asking = DetectorInMemory(world)
    asking.ask(hours=0.5)
    world.clock.advance(minutes=30)
    with pytest.raises(FilmModelRefused, match=r"not done within 0\.5 hours"):
        asking.ask(hours=0.5)


def test_start_when_it_ran_before_then_not_ours_and_no_end_is_scheduled(
    world: FilmsInMemory,
) -> None:
    world.detectors.start(MODEL, 1)
    world.clock.advance(minutes=15)
    asking = DetectorInMemory(world)
    assert asking.ask().is_running
    assert not asking.row().body.is_ours
    assert asking.scheduler.schedules == {}


def test_start_when_somebody_elses_model_is_stopped_meanwhile_then_started_and_ours(
    world: FilmsInMemory,
) -> None:
    world.detectors.start(MODEL, 1)
    asking = DetectorInMemory(world)
    assert not asking.ask().is_running
    world.clock.advance(minutes=15)
    world.detectors.stop(MODEL)
    world.clock.advance(minutes=3)
    assert not asking.ask().is_running
    assert asking.row().body.is_ours
    assert len(asking.scheduler.schedules) == 1


def test_start_when_somebody_starts_it_between_the_lease_and_the_start_then_not_ours(
    world: FilmsInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = DetectorInMemory(world)

    def down(*_: Any) -> None:
        raise ServiceUnavailable("nothing answers")

    with monkeypatch.context() as broken, pytest.raises(ServiceUnavailable):
        broken.setattr(asking.scheduler, "at", down)
        asking.ask()
    world.detectors.start(MODEL, 1)
    world.clock.advance(minutes=15)
    assert asking.ask().is_running
    asking.stop()
    world.clock.advance(minutes=3)
    assert world.detectors.running == [MODEL]
    assert asking.share() == 0
