from __future__ import annotations

import pytest
from drawn.films import DrawnFilm
from fakes.films_in_memory import FilmsInMemory, run_of
from fakes.labels import FakeLabels, figure

from onmodel.contracts.film_rows import RunStatus
from onmodel.contracts.films import Run, RunRequest
from onmodel.errors import EventRefused
from onmodel.films.places import places_of, take_place
from onmodel.registry.kinds import FILMS, RUNS
from onmodel.steps.finish_film import finish_film


@pytest.fixture
def world() -> FilmsInMemory:
    return FilmsInMemory(FakeLabels((figure(0.3, 0.2, 0.3, 0.6),)))


def finish(world: FilmsInMemory, run: Run) -> None:
    finish_film(
        RunRequest(run=run), registry=world.registry, studio=world.studio, clock=world.clock
    )


def test_finish_when_run_was_never_claimed_then_refused(world: FilmsInMemory) -> None:
    with pytest.raises(EventRefused, match="No run a-00000001-aaaaaaaa"):
        finish(world, run_of())


def test_finish_when_repeated_then_the_record_does_not_move(
    world: FilmsInMemory, drawn: DrawnFilm
) -> None:
    world.route(world.upload("bunny/films/drawn.mp4", drawn.path.read_bytes()))
    run = world.started()
    world.prepare(run)
    before = RUNS.read(world.registry, "bunny", run.run_id)
    finish(world, run)
    assert RUNS.read(world.registry, "bunny", run.run_id) == before
    assert before is not None
    assert before.status == RunStatus.PREPARED


def test_finish_when_another_run_of_the_film_ends_then_the_film_points_to_it(
    world: FilmsInMemory, drawn: DrawnFilm
) -> None:
    body = drawn.path.read_bytes()
    world.route(world.upload("bunny/films/drawn.mp4", body))
    world.prepare(world.started())
    world.upload("bunny/settings.yaml", b"deduplication: {threshold: 0.7}\n")
    world.route(world.upload("bunny/films/drawn.mp4", body))
    second = world.started()
    world.prepare(second)
    record = FILMS.require(world.registry, "bunny", second.film_id)
    assert record.body.run == second


def test_finish_when_done_or_repeated_then_the_place_is_free(
    world: FilmsInMemory, drawn: DrawnFilm
) -> None:
    world.route(world.upload("bunny/films/drawn.mp4", drawn.path.read_bytes()))
    run = world.started()
    world.prepare(run)
    assert places_of(world.registry).taken == ()
    take_place(world.registry, run, "it died before it freed", at_once=1, clock=world.clock)
    finish(world, run)
    assert places_of(world.registry).taken == ()
