"""JSON Lines of contracts."""

from __future__ import annotations

from collections.abc import Iterable

from onmodel.contracts.base import Contract, ContractT


def write_lines(items: Iterable[Contract]) -> bytes:
    """One JSON object a line, each line ended."""
    return "".join(item.model_dump_json() + "\n" for item in items).encode()


def read_lines(model: type[ContractT], data: bytes) -> tuple[ContractT, ...]:
    """As Contract.from_stored. Raises pydantic's ValidationError for a line that does not fit."""
    return tuple(model.from_stored(line) for line in data.splitlines() if line.strip())
