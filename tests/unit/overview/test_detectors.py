from __future__ import annotations

from datetime import timedelta

import pytest
from fakes.detector_in_memory import DetectorInMemory
from fakes.detectors import MODEL
from fakes.films_in_memory import FilmsInMemory

from onmodel.overview.lines import Line, billing, look


@pytest.fixture
def world() -> FilmsInMemory:
    return FilmsInMemory()


def lines(world: FilmsInMemory, production: str | None = None) -> list[Line]:
    return look(world.registry, production, world.clock())


def running(world: FilmsInMemory) -> DetectorInMemory:
    made = DetectorInMemory(world)
    made.ask(inference_units=2)
    world.clock.advance(minutes=15)
    made.ask(inference_units=2)
    world.clock.advance(minutes=30)
    return made


def test_lines_when_a_model_runs_then_it_bills_until_its_end(world: FilmsInMemory) -> None:
    running(world)
    (line,) = billing(lines(world))
    assert line.what == f"is needed by 1 film, for 2.2 h at most; {MODEL}"
    assert (line.usd, line.usd_per_hour) == (pytest.approx(4.0), 8.0)
    assert lines(world, "bunny") == [line]
    assert lines(world, "hop") == []


def test_lines_when_the_film_has_its_bill_then_nothing_is_left_to_show(
    world: FilmsInMemory,
) -> None:
    made = running(world)
    made.stop()
    (line,) = billing(lines(world))
    assert line.what == f"is being stopped; {MODEL}"
    world.clock.advance(minutes=3)
    made.stop()
    assert lines(world) == []


def test_lines_when_the_film_failed_then_what_it_cost_stays(world: FilmsInMemory) -> None:
    made = running(world)
    made.stop(why="failed")
    world.clock.advance(minutes=3)
    made.stop(why="failed")
    (line,) = lines(world)
    assert (line.what, line.status, line.bills) == (MODEL, "stopped", False)
    assert line.usd == pytest.approx(4.0)


def test_lines_when_somebody_else_started_it_then_it_is_not_onmodels_cost(
    world: FilmsInMemory,
) -> None:
    world.detectors.start(MODEL, 1)
    world.clock.now += timedelta(minutes=20)
    DetectorInMemory(world).ask()
    (line,) = lines(world)
    assert line.what.startswith("was started by somebody else")
    assert not line.bills
