"""The names of storyboards in keys and rows."""

from __future__ import annotations

from onmodel.contracts.keys import digest, hashed_slug, same_name, slug
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectInfo
from onmodel.registry.kinds import STORYBOARDS


def storyboard_name(stem: str, production: str, registry: Registry) -> str:
    """The slug of a storyboard's file; with a hash when takes of another file have that slug.

    Args:
        stem: of its file's name.
        production: its id.
        registry: holds the takes.
    """
    name = slug(stem)
    is_taken = any(
        take.body.name == name and take.body.file and same_name(take.body.file) != same_name(stem)
        for take in STORYBOARDS.list(registry, production)
    )
    return hashed_slug(stem) if is_taken else name


def drawing_name(file_name: str, info: ObjectInfo) -> str:
    """The name of the execution that draws an uploaded storyboard: one for each version of it."""
    return f"{slug(file_name)}-{digest(f'{info.key}:{info.version_id}:{info.etag}')}"
