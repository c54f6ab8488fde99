import pytest
from fakes.training_in_memory import PRODUCTION, TrainingInMemory

from onmodel.contracts.characters import Character
from onmodel.contracts.film_rows import FolderBody, FolderStatus
from onmodel.contracts.settings import AllowedModels, Settings, TrainingSettings
from onmodel.films.production import characters_of, current_films
from onmodel.films.settings import settings_in_force, with_models
from onmodel.registry.kinds import CHARACTERS, FILMS


@pytest.fixture
def world() -> TrainingInMemory:
    return TrainingInMemory()


def test_settings_when_none_were_accepted_then_the_defaults(world: TrainingInMemory) -> None:
    assert settings_in_force("another", world.studio) == Settings()


def test_settings_when_accepted_then_these(world: TrainingInMemory) -> None:
    wanted = Settings(training=TrainingSettings(preset="article"))
    world.set_settings(wanted)
    assert settings_in_force(PRODUCTION, world.studio) == wanted


def test_films_when_one_is_known_but_was_never_prepared_then_it_does_not_count(
    world: TrainingInMemory,
) -> None:
    run = world.film()
    film = FILMS.require(world.registry, PRODUCTION, run.film_id)
    FILMS.replace(world.registry, film.with_fields(run=None), world.clock())
    assert current_films(PRODUCTION, world.registry, world.uploads) == ((), ())


def test_films_when_of_another_production_then_not_counted(world: TrainingInMemory) -> None:
    world.film()
    assert current_films("other", world.registry, world.uploads) == ((), ())


def test_cast_when_only_shown_then_named_after_the_folder(world: TrainingInMemory) -> None:
    world.show_characters()
    CHARACTERS.put(
        world.registry,
        PRODUCTION,
        "rene",
        status=FolderStatus.KNOWN,
        body=FolderBody(folder="René"),
        now=world.clock(),
    )
    known = characters_of(PRODUCTION, Settings(), world.registry)
    assert {slug: character.name for slug, character in known.items()} == {
        "big-buck": "Big Buck",
        "frank": "Frank",
        "rene": "René",
    }


def test_cast_when_described_in_the_settings_then_that_counts(world: TrainingInMemory) -> None:
    world.show_characters()
    settings = Settings(
        characters={"frank": Character(name="Franklin", description="a flying squirrel")}
    )
    known = characters_of(PRODUCTION, settings, world.registry)
    assert known["frank"].name == "Franklin" and known["big-buck"].name == "Big Buck"


def test_settings_when_the_stacks_models_changed_since_then_those_of_today(
    world: TrainingInMemory,
) -> None:
    """What was accepted under another model must not be asked of it: the role denies it."""
    world.set_settings(with_models(Settings(), AllowedModels(captions="old")))
    now = settings_in_force(PRODUCTION, world.studio, AllowedModels(captions="new"))
    assert now.captions.model == "new"
    assert settings_in_force(PRODUCTION, world.studio).captions.model == "old"


def test_films_when_one_was_moved_then_it_counts(world: TrainingInMemory) -> None:
    run = world.film("a.mp4")
    world.uploads.delete_prefix("bunny/films/a.mp4")
    assert current_films(PRODUCTION, world.registry, world.uploads) == (
        (),
        ("a.mp4 was deleted, and its pictures with it",),
    )
    world.route(world.upload("bunny/films/day1/b.mov", b"a.mp4"))
    (film,), notices = current_films(PRODUCTION, world.registry, world.uploads)
    assert (film.run, notices) == (run, ())


def test_films_when_deleted_and_uploaded_again_then_it_counts(world: TrainingInMemory) -> None:
    run = world.film("a.mp4")
    world.uploads.delete_prefix("bunny/films/a.mp4")
    world.route(world.upload("bunny/films/a.mp4", b"a.mp4"))
    (film,), notices = current_films(PRODUCTION, world.registry, world.uploads)
    assert (film.run, notices) == (run, ())


def test_films_when_one_of_two_places_is_replaced_then_it_counts(world: TrainingInMemory) -> None:
    world.film("a.mp4")
    world.route(world.upload("bunny/films/b.mp4", b"a.mp4"))
    world.uploads.put("bunny/films/b.mp4", b"other", "video/mp4")
    films, notices = current_films(PRODUCTION, world.registry, world.uploads)
    assert (len(films), notices) == (1, ())
    world.uploads.put("bunny/films/a.mp4", b"other", "video/mp4")
    assert current_films(PRODUCTION, world.registry, world.uploads) == (
        (),
        ("a.mp4 was replaced by a newer version",),
    )
