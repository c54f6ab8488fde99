from __future__ import annotations

import pytest
from fakes.films_in_memory import FilmsInMemory

from onmodel.errors import ReferenceRefused
from onmodel.films.film_names import film_titles, named_film
from onmodel.registry.kinds import FILMS


@pytest.fixture
def world() -> FilmsInMemory:
    """Three films: two of one name, and one whose name ends like it."""
    world = FilmsInMemory()
    for key in ("day1/A001.mp4", "day2/A001.mp4", "XA001.mp4"):
        world.route(world.upload(f"bunny/films/{key}", key.encode()))
    return world


def named(world: FilmsInMemory, name: str) -> str:
    return named_film(name, "bunny", world.registry, world.uploads).body.source.key


def test_titles_when_two_films_have_one_then_their_ids_tell_them_apart(
    world: FilmsInMemory,
) -> None:
    by_key = {row.body.source.key: row.id for row in FILMS.list(world.registry, "bunny")}
    one, two, other = (by_key[f"bunny/films/{key}"] for key in
                       ("day1/A001.mp4", "day2/A001.mp4", "XA001.mp4"))  # fmt: skip
    together = film_titles("bunny", [one, other, two, "deleted"], world.registry)
    assert together == {one: f"A001.mp4 ({one})", other: "XA001.mp4", two: f"A001.mp4 ({two})"}
    assert film_titles("bunny", [one, other], world.registry) == {
        one: "A001.mp4", other: "XA001.mp4",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("day1/A001.mp4", "bunny/films/day1/A001.mp4"),
        ("films/day2/A001.mp4", "bunny/films/day2/A001.mp4"),
        ("/bunny/films/day2/A001.mp4", "bunny/films/day2/A001.mp4"),
        (" XA001.mp4 ", "bunny/films/XA001.mp4"),
    ],
)
def test_named_when_one_film_fits_then_that(world: FilmsInMemory, name: str, key: str) -> None:
    assert named(world, name) == key


@pytest.mark.parametrize("name", ["001.mp4", "y1/A001.mp4", "A001", "day3/A001.mp4", "", "/"])
def test_named_when_no_film_fits_then_refused(world: FilmsInMemory, name: str) -> None:
    with pytest.raises(ReferenceRefused, match="No film"):
        named(world, name)


def test_named_when_two_films_fit_then_refused_with_both_paths(world: FilmsInMemory) -> None:
    with pytest.raises(ReferenceRefused) as fault:
        named(world, "A001.mp4")
    assert "bunny/films/day1/A001.mp4, bunny/films/day2/A001.mp4" in fault.value.reason


def test_named_when_the_content_moved_then_found_by_its_old_and_new_name(
    world: FilmsInMemory,
) -> None:
    world.uploads.delete_prefix("bunny/films/day1/")
    world.route(world.upload("bunny/films/renamed.mov", b"day1/A001.mp4"))
    assert named(world, "renamed.mov") == named(world, "day1/A001.mp4")
