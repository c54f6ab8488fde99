"""The films and the characters that a production has now."""

from __future__ import annotations

from onmodel.contracts.characters import Character
from onmodel.contracts.film_rows import FilmBody
from onmodel.contracts.keys import as_typed
from onmodel.contracts.settings import Settings
from onmodel.errors import NotFound
from onmodel.films.identity import living_place
from onmodel.formats.wording import person_name
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.registry.kinds import CHARACTERS, FILMS


def current_films(
    production: str, registry: Registry, uploads: ObjectStore
) -> tuple[tuple[FilmBody, ...], tuple[str, ...]]:
    """The prepared films for the next dataset, and notices about those left out.

    A film counts while one of its places has its content: moved, renamed, or deleted and uploaded
    again. It is left out when each was deleted, or replaced by other content under the same key.
    """
    films: list[FilmBody] = []
    notices: list[str] = []
    for row in FILMS.list(registry, production):
        film = row.body
        if film.run is None:
            continue
        if living_place(row, uploads) is not None:
            films.append(film)
        elif any(_exists(place.key, uploads) for place in film.places):
            notices.append(f"{film.title} was replaced by a newer version")
        else:
            notices.append(f"{film.title} was deleted, and its pictures with it")
    return tuple(films), tuple(notices)


def _exists(key: str, uploads: ObjectStore) -> bool:
    try:
        uploads.head(key)
    except NotFound:
        return False
    return True


def characters_of(production: str, settings: Settings, registry: Registry) -> dict[str, Character]:
    """The production's characters by slug, from its settings and its folders of pictures.

    A folder of pictures makes a character without settings; its name is the folder's, as written.
    So does a name in `naming.cluster.names`.
    """
    with_pictures = {
        row.id: Character(name=_name(row.id, row.body.folder))
        for row in CHARACTERS.list(registry, production)
    }
    in_groups = {
        slug: Character(name=person_name(slug)[:60])
        for slug in settings.naming.cluster.names.values()
    }
    return in_groups | with_pictures | settings.characters


def _name(slug: str, folder: str) -> str:
    return (person_name(slug) if folder == slug else as_typed(folder))[:60]
