from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from fakes.clock import START, FixedClock
from fakes.executions import InMemoryExecutions, execution_arn
from fakes.films_in_memory import MACHINE, run_of
from fakes.registry import InMemoryRegistry
from hypothesis import given
from hypothesis import strategies as st

from onmodel.contracts.films import Run
from onmodel.contracts.places import FilmPlace, PlacesBody
from onmodel.errors import Conflict
from onmodel.films.places import (
    MOST_WAITING,
    calls_of_a_chunk,
    free_dead_places,
    free_place,
    places_of,
    take_place,
    with_place,
)


@pytest.fixture
def registry() -> InMemoryRegistry:
    return InMemoryRegistry()


def run_number(number: int) -> Run:
    return run_of(run_id=f"film-{number}")


def place(number: int, attempt: int = 1) -> FilmPlace:
    return FilmPlace(
        production="bunny",
        run_id=f"film-{number}",
        execution_arn=f"film-{number}-{attempt}",
        since=START,
    )


def numbers(places: tuple[FilmPlace, ...]) -> list[str]:
    return [held.run_id for held in places]


@given(at_once=st.integers(1, 4), asked=st.lists(st.integers(0, 9), max_size=60))
def test_with_place_when_films_ask_in_any_order_then_no_more_than_the_bound_have_one(
    at_once: int, asked: list[int]
) -> None:
    body = PlacesBody()
    for number in asked:
        body = with_place(body, place(number), at_once)
        counted = numbers(body.taken) + numbers(body.waiting)
        assert len(body.taken) <= at_once
        assert len(counted) == len(set(counted))
        assert not body.waiting or len(body.taken) == at_once
    first_asked = list(dict.fromkeys(f"film-{number}" for number in asked))
    assert numbers(body.taken) + numbers(body.waiting) == first_asked


def test_with_place_when_the_row_is_full_then_the_film_is_not_written_and_is_last() -> None:
    full = PlacesBody(
        taken=(place(0),), waiting=tuple(place(number) for number in range(1, MOST_WAITING + 1))
    )
    assert with_place(full, place(9999), 1) == full
    assert full.before("bunny", "film-9999") == MOST_WAITING + 1


def test_with_place_when_the_bound_was_lowered_then_those_that_have_one_keep_it() -> None:
    body = PlacesBody(taken=(place(0), place(1)))
    assert with_place(body, place(1), 1) == body
    assert with_place(body, place(2), 1).waiting == (place(2),)


def test_row_when_as_many_wait_as_are_written_then_fits_into_dynamodb() -> None:
    longest = FilmPlace(
        production="p" * 80,
        run_id="r" * 80,
        execution_arn="arn:aws-us-gov:states:us-gov-east-1:123456789012:execution:"
        + "m" * 80 + ":" + "e" * 80,
        since=START,
    )  # fmt: skip
    full = PlacesBody(taken=(longest,), waiting=(longest,) * MOST_WAITING)
    assert len(full.model_dump_json()) < 400_000


def test_free_place_when_another_execution_has_it_then_it_stays(registry: InMemoryRegistry) -> None:
    clock, run = FixedClock(), run_number(1)
    take_place(registry, run, "second", at_once=1, clock=clock)
    free_place(registry, run, clock, "first")
    assert numbers(places_of(registry).taken) == ["film-1"]
    free_place(registry, run, clock, "second")
    assert places_of(registry) == PlacesBody()


def test_free_dead_places_when_executions_ended_then_the_next_film_gets_a_place(
    registry: InMemoryRegistry,
) -> None:
    clock, executions = FixedClock(), InMemoryExecutions()
    for number in (1, 2, 3):
        executions.start(MACHINE, f"film-{number}", {})
        arn = execution_arn(MACHINE, f"film-{number}")
        take_place(registry, run_number(number), arn, at_once=1, clock=clock)
    assert not free_dead_places(registry, executions, clock, timedelta(0))
    executions.finish(execution_arn(MACHINE, "film-1"))
    executions.finish(execution_arn(MACHINE, "film-2"))
    assert free_dead_places(registry, executions, clock, timedelta(0))
    assert numbers(places_of(registry).waiting) == ["film-3"]
    third = execution_arn(MACHINE, "film-3")
    take_place(registry, run_number(3), third, at_once=1, clock=clock)
    assert numbers(places_of(registry).taken) == ["film-3"]


def test_take_place_when_many_ask_at_the_same_time_then_the_bound_holds() -> None:
    registry, clock = InMemoryRegistry(), FixedClock()

    def ask(number: int) -> None:
        while True:
            try:
                take_place(registry, run_number(number), f"arn-{number}", at_once=3, clock=clock)
            except Conflict:  # the machine tries again
                continue
            return

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    body = places_of(registry)
    assert len(body.taken) == 3
    assert len({*numbers(body.taken), *numbers(body.waiting)}) == 20


def test_calls_of_a_chunk_when_films_share_the_account_then_together_no_more_than_it_has(
    registry: InMemoryRegistry,
) -> None:
    clock = FixedClock()
    assert calls_of_a_chunk(registry, 50, 5) == 10  # before the first film of all
    for number in (1, 2, 3):  # one of them waits
        take_place(registry, run_number(number), f"arn-{number}", at_once=2, clock=clock)
    assert calls_of_a_chunk(registry, 50, 5) == 5
