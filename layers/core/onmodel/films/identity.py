"""A film is its content: found under any name, at any of its places in the uploads bucket."""

from __future__ import annotations

from onmodel.contracts.base import ObjectRef
from onmodel.contracts.film_rows import ContentBody, ContentStatus, FilmBody, RunStatus
from onmodel.contracts.keys import as_typed, content_id, film_id
from onmodel.errors import NotFound
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectInfo, ObjectStore
from onmodel.registry.kinds import CONTENTS, FILMS, FilmRow
from onmodel.registry.rows import retry_on_conflict


def content_of(info: ObjectInfo) -> str:
    """The content_id of an object, from its head; a list of objects has no checksum."""
    return content_id(info.size, info.checksum_crc64nvme or info.etag)


def film_of(production: str, info: ObjectInfo, registry: Registry) -> str:
    """The film_id of an uploaded film: that of its content, or the one it will get."""
    content = content_of(info)
    row = CONTENTS.read(registry, production, content)
    if row is not None:
        return row.body.film_id
    for film in FILMS.list(registry, production):  # prepared before contents had rows
        if film.id.endswith(f"-{content}") and film.body.size_bytes == info.size:
            return film.id
    return film_id(_name(info.key), info.size, info.checksum_crc64nvme or info.etag)


def record_film(production: str, source: ObjectRef, info: ObjectInfo, *, registry: Registry,
                clock: Clock) -> FilmRow:  # fmt: skip
    """Remember that the content lies at `source`; two uploads at once make one film.

    Args:
        production: its id.
        source: the uploaded version.
        info: its head.
        registry: holds the films.
        clock: now.

    Raises:
        Conflict: other functions wrote the film during every attempt.
    """

    def attempt() -> FilmRow:
        identity, content = film_of(production, info, registry), content_of(info)
        if CONTENTS.read(registry, production, content) is None:
            body = ContentBody(film_id=identity)
            CONTENTS.create(
                registry, production, content, status=ContentStatus.KNOWN, body=body, now=clock()
            )
        return _at_place(identity, production, source, info, registry, clock)

    return retry_on_conflict(attempt, f"the film {source.key}")


def _at_place(  # noqa: PLR0917 - record_film's own arguments
    identity: str,
    production: str,
    source: ObjectRef,
    info: ObjectInfo,
    registry: Registry,
    clock: Clock,
) -> FilmRow:
    row = FILMS.read(registry, production, identity)
    if row is None:
        body = FilmBody(title=_name(info.key), source=source, size_bytes=info.size)
        return FILMS.create(
            registry, production, identity, status=RunStatus.RUNNING, body=body, now=clock()
        )
    if row.body.source == source:
        return row
    return FILMS.replace(registry, row.with_fields(**row.body.places_with(source)), clock())


def living_place(film: FilmRow, uploads: ObjectStore) -> ObjectRef | None:
    """A version that has the film's content and is the newest of its key; None without one."""
    for place in film.body.places:
        try:
            info = uploads.head(place.key)
        except NotFound:
            continue
        if film.id.endswith(f"-{content_of(info)}"):
            return ObjectRef(bucket=place.bucket, key=place.key, version_id=info.version_id)
    return None


def _name(key: str) -> str:
    return as_typed(key.rsplit("/", 1)[-1])
