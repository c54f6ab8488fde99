"""What holds for a production now: the settings in force, and the films that still lie there."""

from __future__ import annotations

from onmodel.errors import NotFound
from onmodel.keys import accepted_settings_key, film_id
from onmodel.ports import ObjectStore, Registry
from onmodel.records import FilmBody, FolderBody, Kind
from onmodel.settings import Character, Settings
from onmodel.stack_models import Models
from onmodel.wording import person_name


def settings_in_force(
    production: str, studio: ObjectStore, models: Models | None = None
) -> Settings:
    """The last valid settings.yaml that was uploaded; the defaults when there is none.

    Args:
        production: its slug.
        studio: holds the accepted settings.
        models: the stack's, as they are now; leave out only where no model is asked for.
    """
    try:
        settings = Settings.model_validate_json(studio.get(accepted_settings_key(production)))
    except NotFound:
        settings = Settings()
    return models.put_into(settings) if models else settings


def current_films(
    production: str, registry: Registry, uploads: ObjectStore
) -> tuple[tuple[FilmBody, ...], tuple[str, ...]]:
    """The prepared films that the next dataset is made of, and why others are not in it.

    A film leaves when its object is deleted, or replaced by other content under the same key. The
    same content uploaded again is a new version of the object and still the same film.
    """
    films: list[FilmBody] = []
    notices: list[str] = []
    for record in registry.list(production, Kind.FILM):
        film = FilmBody.model_validate(record.body)
        if film.run is None:
            continue
        try:
            info = uploads.head(film.source.key)
        except NotFound:
            notices.append(f"{film.title} was deleted, and its pictures left with it")
            continue
        name = film.source.key.rsplit("/", 1)[-1]
        if film_id(name, info.size, info.checksum_crc64nvme or info.etag) == record.id:
            films.append(film)
        else:
            notices.append(f"{film.title} was replaced by a newer version")
    return tuple(films), tuple(notices)


def cast(production: str, settings: Settings, registry: Registry) -> dict[str, Character]:
    """The production's characters by slug: those of its settings, and those only shown.

    A folder of pictures is enough to make a character; its name is the folder's, as written.
    """
    shown = {
        record.id: Character(name=_name(record.id, FolderBody.model_validate(record.body).folder))
        for record in registry.list(production, Kind.CHARACTER)
    }
    return shown | settings.characters


def _name(slug: str, folder: str) -> str:
    return (person_name(slug) if folder == slug else folder)[:60]
