"""Productions and characters by the names of their folders.

Folders whose names differ only in case, normal form or the signs between words are one: macOS
and Linux write `Café` with other code points. Names that merely share a slug, such as `Cafe` and
`Café`, are two, whichever comes first. A folder called like an id with a hash is that thing.
"""

from __future__ import annotations

from dataclasses import dataclass

from onmodel.contracts.film_rows import FolderBody, FolderStatus
from onmodel.contracts.keys import MAIN_PRODUCTION, as_typed, digest, hashed_slug, same_name, slug
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Registry
from onmodel.registry.kinds import CHARACTERS, PRODUCTIONS
from onmodel.registry.rows import Row, Rows, retry_on_conflict

FolderRow = Row[FolderBody, FolderStatus]


@dataclass(frozen=True)
class ProductionFolders:
    """A production's id, and its folders in the uploads bucket as typed; '' is the root."""

    id: str
    folders: tuple[str, ...]


def production_of(folder: str, registry: Registry) -> ProductionFolders:
    """The production of a folder: the known one, or the one that its first upload will make."""
    identity, row = _find(PRODUCTIONS, registry, None, folder)
    return ProductionFolders(identity, _with(row, folder).folders)


def known_production(folder: str, registry: Registry) -> ProductionFolders | None:
    """As `production_of`; None before its first upload."""
    identity, row = _find(PRODUCTIONS, registry, None, folder)
    return None if row is None else ProductionFolders(identity, _with(row, folder).folders)


def production_called(name: str, registry: Registry) -> ProductionFolders | None:
    """The production that a person means: by a folder's name in any spelling, or by its id."""
    known = known_production(name, registry)
    if known is not None or name != slug(name):
        return known
    row = PRODUCTIONS.read(registry, name, name)
    return None if row is None else ProductionFolders(row.id, row.body.folders)


def production_name(production: str, registry: Registry) -> str:
    """A production's name for people: that of its first folder, as typed; else its id."""
    row = PRODUCTIONS.read(registry, production, production)
    return production if row is None else as_typed(row.body.folder or MAIN_PRODUCTION)


def record_production(folder: str, registry: Registry, clock: Clock) -> ProductionFolders:
    """As `production_of`, and the folder is remembered as one of the production's."""
    row = _record(PRODUCTIONS, registry, None, folder, clock)
    return ProductionFolders(row.id, row.body.folders)


def record_character(production: str, folder: str, registry: Registry, clock: Clock) -> str:
    """The id of the character whose folder this is; the folder is remembered."""
    return _record(CHARACTERS, registry, production, folder, clock).id


def _find(
    rows: Rows[FolderBody, FolderStatus], registry: Registry, production: str | None, folder: str
) -> tuple[str, FolderRow | None]:
    """The id that a folder has or would get, and its row. A production is its own partition."""
    name = folder or MAIN_PRODUCTION
    first = slug(name)
    row = rows.read(registry, production or first, first)
    if row is None:
        return first, None
    known = row.body.folder or MAIN_PRODUCTION
    is_hashed = row.id in (hashed_slug(known), f"x{digest(as_typed(known))}")
    if same_name(name) in _spellings(row) or (is_hashed and name == row.id):
        return first, row
    own = hashed_slug(name)
    return own, rows.read(registry, production or own, own)


def _spellings(row: FolderRow) -> set[str]:
    return {same_name(folder or MAIN_PRODUCTION) for folder in row.body.folders}


def _record(
    rows: Rows[FolderBody, FolderStatus],
    registry: Registry,
    production: str | None,
    folder: str,
    clock: Clock,
) -> FolderRow:
    def attempt() -> FolderRow:
        identity, row = _find(rows, registry, production, folder)
        body = _with(row, folder)
        if row is None:
            return rows.create(
                registry,
                production or identity,
                identity,
                status=FolderStatus.KNOWN,
                body=body,
                now=clock(),
            )
        return row if row.body == body else rows.replace(registry, row.with_body(body), clock())

    return retry_on_conflict(attempt, f"the folder {folder!r}")


def _with(row: FolderRow | None, folder: str) -> FolderBody:
    if row is None:
        return FolderBody(folder=folder)
    body = row.body
    if folder in body.folders:
        return body
    return FolderBody(folder=body.folder, spellings=(*body.spellings, folder))
