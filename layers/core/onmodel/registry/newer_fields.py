"""Keeps what newer code wrote into a row when this version writes the row again.

While a stack is updated, and after an update back, functions of two versions write one row.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from onmodel.contracts.base import Contract


def rewritten(stored: Mapping[str, Any], body: Contract) -> dict[str, Any]:
    """A row's body as it is written over the stored one.

    Fields of the body that this version does not know stay. A nested value is written as it was
    stored, with all that newer code put into it, unless this version changed the value: then
    it is another one, and what newer code knew of the old one would be wrong.

    Args:
        stored: the body in JSON's types, as it was read; empty for a new row.
        body: as this version read it, changed or not.
    """
    kind = type(body)
    written: dict[str, Any] = body.model_dump(mode="json")
    if not stored:
        return written
    read = kind.model_validate(stored, extra="ignore").model_dump(mode="json")
    unknown = {name: value for name, value in stored.items() if name not in kind.model_fields}
    if stored == read:
        return written
    kept = {
        name: _kept(stored[name], read[name], value) if name in stored and name in read else value
        for name, value in written.items()
    }
    # A validator may have read items in another order than they are stored in.
    is_same = kind.model_validate(kept, extra="ignore") == body
    return unknown | (kept if is_same else written)


def _kept(stored: Any, read: Any, written: Any) -> Any:  # noqa: ANN401 - JSON's values
    """What is written: of what is as it was read, the stored value."""
    if written == read:
        return stored
    match stored, read, written:
        case dict(), dict(), dict():
            return {
                name: _kept(stored[name], read[name], value)
                if name in stored and name in read
                else value
                for name, value in written.items()
            }
        case list(), list(), list() if len(stored) == len(read):
            return [_stored_item(stored, read, item) for item in written]
    return written


def _stored_item(stored: list[Any], read: list[Any], item: Any) -> Any:  # noqa: ANN401
    """Items come and go: one is known by what this version reads of it."""
    return stored[read.index(item)] if isinstance(item, dict) and item in read else item
