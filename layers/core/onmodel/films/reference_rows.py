"""Records uploaded pictures of characters in the Registry."""

from __future__ import annotations

from onmodel.contracts.base import ObjectRef
from onmodel.contracts.film_rows import ReferenceBody, ReferenceStatus
from onmodel.contracts.keys import as_typed, digest, slug
from onmodel.films.folders import record_character
from onmodel.films.upload_layout import ReferenceFile
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Registry
from onmodel.registry.kinds import REFERENCES


def record_reference(
    production: str,
    reference: ReferenceFile,
    source: ObjectRef,
    size: tuple[int, int] | None,
    *,
    registry: Registry,
    clock: Clock,
) -> None:
    """Write the row of an upload, and its character's. The same upload again changes nothing.

    Args:
        production: slug.
        reference: where it lies.
        source: the object.
        size: width and height in pixels; None for one that cannot be used.
        registry: holds the rows.
        clock: time of the change.
    """
    character = record_character(production, reference.character_folder, registry, clock)
    width, height = size or (0, 0)
    REFERENCES.put(
        registry,
        production,
        _reference_id(production, character, reference.file_name, source.key, registry),
        status=ReferenceStatus.REFUSED if size is None else ReferenceStatus.RECORDED,
        body=ReferenceBody(
            character=character,
            look=" ".join(as_typed(reference.look_folder).split()),
            width=width,
            height=height,
            source=source,
        ),
        now=clock(),
    )


def _reference_id(
    production: str, character: str, file_name: str, key: str, registry: Registry
) -> str:
    """Its own for every key; that of a row from before keys were part of the id stays."""
    stem = f"{character}/{slug(file_name)}"
    row = REFERENCES.read(registry, production, stem)
    is_known = row is not None and row.body.source.key == key
    return stem if is_known else f"{stem}-{digest(key)}"
