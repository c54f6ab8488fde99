"""How many films are prepared at once: a film waits until one of the places is free.

All films of a stack share its account's concurrent functions and paid calls. Beyond the bound more
films at once end no sooner, and take functions from each other.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from onmodel.contracts.films import Run
from onmodel.contracts.keys import MAIN_PRODUCTION
from onmodel.contracts.places import FilmPlace, PlacesBody, PlacesStatus
from onmodel.errors import Conflict
from onmodel.formats.wording import count, when
from onmodel.ports.machines import Clock, Executions
from onmodel.ports.registry import Registry
from onmodel.registry.kinds import PLACES, PlacesRow

FILMS = "films"
"""Id of the only row; it does not exist before the first film."""

MOST_WAITING = 800
"""Films in the row, which has at most 400 KB; further ones ask until there is room."""


def places_of(registry: Registry) -> PlacesBody:
    """Who has a place now, and who waits."""
    row = PLACES.read(registry, MAIN_PRODUCTION, FILMS)
    return PlacesBody() if row is None else row.body


def waits_for_a_place(places: PlacesBody, production: str, run_id: str) -> str:
    """Where a run stands among those that wait for other films; '' when it does not wait."""
    place = places.place_of(production, run_id)
    if place is None or place not in places.waiting:
        return ""
    number = places.before(production, run_id)
    waiting = count(len(places.waiting), "film")
    return f"waits since {when(place.since)} for its turn: number {number} of {waiting}"


def take_place(
    registry: Registry, run: Run, execution_arn: str, *, at_once: int, clock: Clock
) -> PlacesBody:
    """Take a free place, or wait for one.

    Args:
        registry: holds the places.
        run: to be prepared.
        execution_arn: of the execution that prepares it; it takes over an earlier one's place.
        at_once: how many places there are.
        clock: gives the time of the place, or of the beginning of the wait.

    Returns:
        The places after it. The run waits if it is not among the taken ones.

    Raises:
        Conflict: other functions wrote the row during every attempt.
    """
    asked = FilmPlace(
        production=run.production, run_id=run.run_id, execution_arn=execution_arn, since=clock()
    )

    def decide(row: PlacesRow) -> PlacesRow | None:
        body = with_place(row.body, asked, at_once)
        return None if body == row.body else row.with_body(body)

    return _change(registry, decide, clock).body


def with_place(body: PlacesBody, asked: FilmPlace, at_once: int) -> PlacesBody:
    """The places after a run asked for one; unchanged when it has to wait on."""
    kept = body.place_of(asked.production, asked.run_id)
    if kept is not None and kept.execution_arn != asked.execution_arn:
        body = _without(body, kept)  # that execution ended: this one holds the run's row
        kept = None
    if kept in body.taken:
        return body
    ahead = body.waiting if kept is None else body.waiting[: body.waiting.index(kept)]
    if len(body.taken) + len(ahead) < at_once:
        left = tuple(place for place in body.waiting if place != kept)
        return PlacesBody(taken=(*body.taken, asked), waiting=left)
    if kept is not None or len(body.waiting) >= MOST_WAITING:
        return body
    return body.model_copy(update={"waiting": (*body.waiting, asked)})


def free_place(
    registry: Registry, run: Run, clock: Clock, execution_arn: str | None = None
) -> None:
    """Free the place of a run that ended; nothing happens when it has none.

    Args:
        registry: holds the places.
        run: that ended.
        clock: gives the time of the change.
        execution_arn: frees only this execution's place; None: whoever prepared the run.
    """

    def is_over(place: FilmPlace) -> bool:
        own = execution_arn in {None, place.execution_arn}
        return own and place.is_of(run.production, run.run_id)

    _free(registry, is_over, clock)


def free_dead_places(
    registry: Registry, executions: Executions, clock: Clock, grace: timedelta
) -> bool:
    """Free the places of executions that no longer run; whether there were any.

    An execution that fails frees its place itself. This is for one that was stopped, or whose last
    function died.

    Args:
        registry: holds the places.
        executions: tell which run.
        clock: gives the time of the change.
        grace: the age of a place up to which its execution may not be listed yet.
    """

    def is_dead(place: FilmPlace) -> bool:
        return clock() - place.since >= grace and not executions.is_running(place.execution_arn)

    return _free(registry, is_dead, clock)


def calls_of_a_chunk(registry: Registry, per_second: float, chunks_at_once: int) -> float:
    """A chunk's share of a service's calls a second, which all films of the account share.

    Args:
        registry: holds the places: how many films are prepared now.
        per_second: that the service answers to the account.
        chunks_at_once: of one film.
    """
    films = max(1, len(places_of(registry).taken))
    return per_second / (films * chunks_at_once)


def _free(registry: Registry, is_over: Callable[[FilmPlace], bool], clock: Clock) -> bool:
    body = places_of(registry)
    over = [place for place in (*body.taken, *body.waiting) if is_over(place)]
    if over:
        _change(registry, lambda row: row.with_body(_without(row.body, *over)), clock)
    return bool(over)


def _without(body: PlacesBody, *over: FilmPlace) -> PlacesBody:
    return PlacesBody(
        taken=tuple(place for place in body.taken if place not in over),
        waiting=tuple(place for place in body.waiting if place not in over),
    )


def _change(
    registry: Registry, decide: Callable[[PlacesRow], PlacesRow | None], clock: Clock
) -> PlacesRow:
    if PLACES.read(registry, MAIN_PRODUCTION, FILMS) is None:
        with suppress(Conflict):  # another film was the first
            PLACES.create(
                registry,
                MAIN_PRODUCTION,
                FILMS,
                status=PlacesStatus.COUNTED,
                body=PlacesBody(),
                now=clock(),
            )
    return PLACES.change(registry, MAIN_PRODUCTION, FILMS, decide, clock)
