from __future__ import annotations

import pytest
from fakes.detector_in_memory import DetectorInMemory
from fakes.detectors import MODEL
from fakes.films_in_memory import FilmsInMemory

from onmodel.contracts.detectors import DetectorStage
from onmodel.errors import Conflict, FilmModelRefused, NotFound
from onmodel.films.detectors import detector_of, stop_all
from onmodel.registry.kinds import DETECTORS


@pytest.fixture
def world() -> FilmsInMemory:
    return FilmsInMemory()


def running_for(world: FilmsInMemory, *names: str, units: int = 1) -> DetectorInMemory:
    """The model runs for these films since now."""
    made = DetectorInMemory(world)
    for name in names:
        made.ask(name, inference_units=units)
    world.clock.advance(minutes=15)
    for name in names:
        assert made.ask(name, inference_units=units).is_running
    return made


def test_stop_when_it_was_the_last_film_then_stopped_and_its_share_is_written(
    world: FilmsInMemory,
) -> None:
    made = running_for(world, "a", units=2)
    world.clock.advance(minutes=30)
    made.stop("a")
    assert made.share("a") == pytest.approx(1.0)
    assert made.scheduler.schedules == {}
    assert made.row().status == DetectorStage.STOPPING
    world.clock.advance(minutes=3)
    made.stop("a")
    row = made.row()
    assert (row.status, row.body.other_unit_hours) == (DetectorStage.STOPPED, 0)
    assert made.share("a") == pytest.approx(1.0), "a repeat leaves what was written"
    assert world.detectors.running == []


def test_stop_when_another_film_needs_it_then_runs_on_and_both_pay_their_share(
    world: FilmsInMemory,
) -> None:
    made = running_for(world, "a", "b")
    world.clock.advance(minutes=30)
    made.stop("a")
    assert world.detectors.running == [MODEL]
    world.clock.advance(minutes=30)
    made.stop("b")
    assert (made.share("a"), made.share("b")) == (pytest.approx(0.25), pytest.approx(0.75))


def test_stop_when_the_film_failed_then_its_share_stays_in_the_models_row(
    world: FilmsInMemory,
) -> None:
    made = running_for(world, "a")
    world.clock.advance(minutes=30)
    made.stop("a", "failed")
    with pytest.raises(NotFound):
        made.share("a")
    assert made.row().body.other_unit_hours == pytest.approx(0.5)


def test_stop_when_its_time_is_up_then_stopped_and_the_film_gets_no_other(
    world: FilmsInMemory,
) -> None:
    made = running_for(world, "a")
    world.clock.advance(hours=2, minutes=45)
    made.stop("a", "time_is_up")
    assert made.row().status == DetectorStage.STOPPING
    assert [lease.run_id for lease in made.row().body.leases] == ["film-a"]


def test_stop_when_one_films_time_is_up_then_the_other_keeps_it(world: FilmsInMemory) -> None:
    made = running_for(world, "a")
    world.clock.advance(hours=1)
    made.ask("b")
    world.clock.advance(hours=1, minutes=45)
    made.stop("a", "time_is_up")
    assert world.detectors.running == [MODEL]


def test_stop_when_it_is_still_starting_then_conflict_and_the_row_says_so(
    world: FilmsInMemory,
) -> None:
    made = DetectorInMemory(world)
    made.ask("a")
    world.clock.advance(minutes=2)
    with pytest.raises(Conflict):
        made.stop("a", "failed")
    assert made.row().status == DetectorStage.STOPPING
    assert made.row().body.leases == ()


def test_start_when_it_is_being_stopped_then_waited_for_and_started_again(
    world: FilmsInMemory,
) -> None:
    made = running_for(world, "a")
    made.stop("a")
    assert not made.ask("b").is_running
    assert made.row().body.leases == ()
    world.clock.advance(minutes=3)
    assert not made.ask("b").is_running
    assert made.row().status == DetectorStage.STARTING
    world.clock.advance(minutes=15)
    assert made.ask("b").is_running
    assert len(world.detectors.lives) == 2


def test_stop_when_somebody_deleted_the_row_then_stopped(world: FilmsInMemory) -> None:
    made = running_for(world, "a")
    DETECTORS.delete(world.registry, made.row())
    made.stop("a", "time_is_up")
    world.clock.advance(minutes=3)
    assert world.detectors.running == []
    assert detector_of(world.registry, MODEL) is None


def test_stop_all_when_asked_until_nothing_is_left_then_every_lease_is_over(
    world: FilmsInMemory,
) -> None:
    made = running_for(world, "a", "b")
    assert stop_all(world.registry, world.detectors, world.clock) == [MODEL]
    world.clock.advance(minutes=3)
    assert stop_all(world.registry, world.detectors, world.clock) == []
    assert made.row().status == DetectorStage.STOPPED


def test_stop_all_when_of_one_production_then_others_keep_the_model(world: FilmsInMemory) -> None:
    made = running_for(world, "a")
    other = stop_all(
        world.registry, world.detectors, world.clock, lambda lease: lease.production == "hop"
    )
    assert other == []
    assert made.row().status == DetectorStage.RUNNING


def test_start_when_somebody_stopped_it_under_a_film_then_the_hours_before_are_kept(
    world: FilmsInMemory,
) -> None:
    made = running_for(world, "a")
    world.clock.advance(minutes=30)
    world.detectors.stop(MODEL)
    world.clock.advance(minutes=3)
    assert not made.ask("b").is_running
    world.clock.advance(minutes=15)
    assert made.ask("b").is_running
    made.stop("a")
    assert made.share("a") >= 0.5


def test_stop_when_the_film_was_refused_before_a_lease_then_somebody_elses_model_runs_on(
    world: FilmsInMemory,
) -> None:
    world.detectors.start(MODEL, 1)
    world.clock.advance(minutes=15)
    made = DetectorInMemory(world, limit_usd=1)
    with pytest.raises(FilmModelRefused, match="above SpendLimitUsd"):
        made.ask("a")
    made.stop("a", "failed")
    world.clock.advance(minutes=3)
    assert world.detectors.running == [MODEL]


def test_stop_when_the_row_of_somebody_elses_model_was_deleted_then_it_runs_on(
    world: FilmsInMemory,
) -> None:
    world.detectors.start(MODEL, 1)
    made = running_for(world, "a")
    DETECTORS.delete(world.registry, made.row())
    made.stop("a")
    world.clock.advance(minutes=3)
    assert world.detectors.running == [MODEL]


def test_stop_when_somebody_deleted_the_row_then_the_schedule_stays_and_stops_the_model(
    world: FilmsInMemory,
) -> None:
    made = running_for(world, "a")
    DETECTORS.delete(world.registry, made.row())
    made.stop("a")
    assert len(made.scheduler.schedules) == 1
    made.stop("a", "time_is_up")
    world.clock.advance(minutes=3)
    assert world.detectors.running == []


def test_stop_when_the_row_was_deleted_while_the_model_started_then_stopped_after_the_film(
    world: FilmsInMemory,
) -> None:
    made = DetectorInMemory(world)
    made.ask("a")
    DETECTORS.delete(world.registry, made.row())
    world.clock.advance(minutes=15)
    assert made.ask("a").is_running
    made.stop("a")
    world.clock.advance(minutes=3)
    assert world.detectors.running == []


def test_stop_all_when_a_call_that_starts_the_model_is_under_way_then_stopped_later(
    world: FilmsInMemory,
) -> None:
    made, still = DetectorInMemory(world), []
    world.detectors.on_start = lambda _: still.extend(
        stop_all(world.registry, world.detectors, world.clock)
    )
    made.ask("a")
    assert still == [MODEL]
    world.clock.advance(minutes=15)
    stop_all(world.registry, world.detectors, world.clock)
    world.clock.advance(minutes=3)
    assert stop_all(world.registry, world.detectors, world.clock) == []
    assert world.detectors.running == []
