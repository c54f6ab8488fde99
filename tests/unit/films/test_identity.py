from __future__ import annotations

import pytest
from fakes.films_in_memory import FilmsInMemory

from onmodel.contracts.base import ObjectRef
from onmodel.contracts.film_rows import MOST_PLACES, ContentBody, ContentStatus, FilmBody, RunStatus
from onmodel.films.identity import film_of, living_place, record_film
from onmodel.registry.kinds import CONTENTS, FILMS, FilmRow
from onmodel.registry.rows import Rows


@pytest.fixture
def world() -> FilmsInMemory:
    return FilmsInMemory()


def record(world: FilmsInMemory, key: str, body: bytes = b"film") -> FilmRow:
    world.uploads.put(key, body, "video/mp4")
    info = world.uploads.head(key)
    source = ObjectRef(bucket="uploads", key=key, version_id=info.version_id)
    return record_film("bunny", source, info, registry=world.registry, clock=world.clock)


def test_record_when_new_then_named_after_its_first_name_and_content(world: FilmsInMemory) -> None:
    film = record(world, "bunny/films/Cafe\u0301.mp4")
    assert film.id.startswith("cafe-")
    assert film.body.title == "Caf\u00e9.mp4"
    assert film.status == RunStatus.RUNNING


def test_record_when_repeated_then_nothing_is_written(world: FilmsInMemory) -> None:
    first = record(world, "bunny/films/a.mp4")
    info = world.uploads.head("bunny/films/a.mp4")
    again = record_film(
        "bunny", first.body.source, info, registry=world.registry, clock=world.clock
    )
    assert again.revision == first.revision


def test_record_when_another_upload_was_first_by_a_moment_then_that_film(
    world: FilmsInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two events of one content at the same time: the second finds the row when it writes it."""
    create = Rows.create
    rivals = [ContentBody(film_id="rival-00000000")]

    def beaten(rows, registry, production, id, **fields):  # type: ignore[no-untyped-def]  # noqa: A002
        if rows is CONTENTS and rivals:
            body = rivals.pop()
            create(rows, registry, production, id, status=ContentStatus.KNOWN, body=body,
                   now=world.clock())  # fmt: skip
        return create(rows, registry, production, id, **fields)

    monkeypatch.setattr(Rows, "create", beaten)
    assert record(world, "bunny/films/a.mp4").id == "rival-00000000"


def test_record_when_the_content_has_very_many_places_then_the_newest_are_kept(
    world: FilmsInMemory,
) -> None:
    for number in range(MOST_PLACES + 2):
        film = record(world, f"bunny/films/{number}.mp4")
    places = [place.key for place in film.body.places]
    assert len(places) == MOST_PLACES
    assert places[0] == f"bunny/films/{MOST_PLACES + 1}.mp4"


def test_record_when_another_production_has_the_content_then_a_film_of_its_own(
    world: FilmsInMemory,
) -> None:
    record(world, "bunny/films/a.mp4")
    world.uploads.put("other/films/b.mp4", b"film", "video/mp4")
    assert film_of("other", world.uploads.head("other/films/b.mp4"), world.registry).startswith(
        "b-"
    )


def test_film_when_of_an_older_stack_then_found_by_its_content(world: FilmsInMemory) -> None:
    film = record(world, "bunny/films/a.mp4")
    for row in CONTENTS.list(world.registry, "bunny"):
        CONTENTS.delete(world.registry, row)
    old = FilmBody.model_validate(film.body.model_dump(exclude={"earlier"}))
    FILMS.replace(world.registry, film.with_body(old), world.clock())
    assert record(world, "bunny/films/moved.mov").id == film.id


def test_place_when_one_of_two_was_deleted_then_the_other(world: FilmsInMemory) -> None:
    record(world, "bunny/films/a.mp4")
    film = record(world, "bunny/films/b.mp4")
    world.uploads.delete_prefix("bunny/films/b.mp4")
    place = living_place(film, world.uploads)
    assert place is not None and place.key == "bunny/films/a.mp4"


def test_place_when_all_were_deleted_or_replaced_then_none(world: FilmsInMemory) -> None:
    record(world, "bunny/films/a.mp4")
    film = record(world, "bunny/films/b.mp4")
    world.uploads.delete_prefix("bunny/films/b.mp4")
    world.uploads.put("bunny/films/a.mp4", b"other", "video/mp4")
    assert living_place(film, world.uploads) is None
