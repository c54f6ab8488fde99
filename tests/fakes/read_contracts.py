"""Records what is read of S3 and of the Registry: one example of each contract and kind of row."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from onmodel.contracts.base import Contract
from onmodel.ports.registry import Record
from onmodel.registry.rows import Rows

Examples = dict[type[Contract], Contract]


@contextmanager
def recorded(examples: Examples) -> Iterator[None]:
    """While it is open, the first object of each contract that is read is kept."""
    from_stored = Contract.from_stored.__func__
    read_body = Rows._read_body

    def read_object(contract: type[Contract], data: bytes | str) -> Contract:
        found: Contract = from_stored(contract, data)
        examples.setdefault(contract, found)
        return found

    def read_row(rows: Rows[Any, Any], record: Record) -> Contract:
        found: Contract = read_body(rows, record)
        examples.setdefault(rows.body, found)
        return found

    with (
        mock.patch.object(Contract, "from_stored", classmethod(read_object)),
        mock.patch.object(Rows, "_read_body", read_row),
    ):
        yield


def newer(value: Any, dumped: Any) -> Any:
    """A value as newer code would store it: contracts have a further field, nested ones too.

    Args:
        value: as it was read.
        dumped: the same in JSON's types.
    """
    if isinstance(value, Contract):
        fields = {name: newer(getattr(value, name, None), each) for name, each in dumped.items()}
        return fields | {"added_by_newer_code": {"also": [1, "two"]}}
    if isinstance(value, dict) and isinstance(dumped, dict):
        return {name: newer(value[name], each) for name, each in dumped.items()}
    if isinstance(value, tuple) and isinstance(dumped, list):
        return [newer(*each) for each in zip(value, dumped, strict=True)]
    return dumped
