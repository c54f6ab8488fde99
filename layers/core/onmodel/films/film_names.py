"""Films by the names that people know: a file name, or a path that ends in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from onmodel.contracts.base import ObjectRef
from onmodel.contracts.keys import as_typed
from onmodel.errors import ReferenceRefused
from onmodel.films.identity import living_place
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.registry.kinds import FILMS, FilmRow


def film_titles(production: str, film_ids: Iterable[str], registry: Registry) -> dict[str, str]:
    """What to call films that are named together: by title, with the id where several have it.

    A film whose row was deleted is left out.
    """
    films = (FILMS.read(registry, production, film_id) for film_id in film_ids)
    titles = {film.id: film.body.title for film in films if film is not None}
    films_with = Counter(titles.values())
    return {
        film_id: title if films_with[title] == 1 else f"{title} ({film_id})"
        for film_id, title in titles.items()
    }


def named_film(name: str, production: str, registry: Registry, uploads: ObjectStore) -> FilmRow:
    """The one film that a person means by its file name or the end of its path.

    Args:
        name: `A001.mp4` or `day1/A001.mp4`, in any normal form.
        production: its id.
        registry: holds the films.
        uploads: tells which films still exist, when several have that name.

    Raises:
        ReferenceRefused: no film has that name, or several; the message lists their paths.
    """
    wanted = _parts(name)
    films = [film for film in FILMS.list(registry, production) if _places(film, wanted)]
    if len(films) > 1:
        films = [film for film in films if living_place(film, uploads)] or films
    if not films:
        raise ReferenceRefused(
            f"No film {name!r} is known in {production}",
            "Upload that film first, or correct its name in settings.yaml",
        )
    if len(films) > 1:
        paths = sorted(as_typed(_places(film, wanted)[0].key) for film in films)
        raise ReferenceRefused(
            f"{len(films)} films are called {name!r}: {', '.join(paths)}",
            "Write the film's path in settings.yaml, as it is listed here",
        )
    return films[0]


def _places(film: FilmRow, wanted: list[str]) -> list[ObjectRef]:
    """The film's places whose paths end in these names, newest first."""
    return [place for place in film.body.places if _parts(place.key)[-len(wanted) :] == wanted]


def _parts(path: str) -> list[str]:
    return as_typed(path.strip()).strip("/").split("/")
