"""A setting that names one implementation or several, and the sections that only one of them reads.

A single one may stand without a list and is stored without one: settings of before mean the same,
and the ids of runs, which are hashes of settings, stay.
"""

from __future__ import annotations

from typing import Any

from pydantic import BeforeValidator, PlainSerializer

from onmodel.contracts.base import Contract


def _listed(kind: Any) -> Any:  # noqa: ANN401 - whatever a file holds
    return (kind,) if isinstance(kind, str) else kind


def _stored(kinds: tuple[str, ...]) -> str | list[str]:
    return kinds[0] if len(kinds) == 1 else list(kinds)


LISTED = BeforeValidator(_listed)
STORED = PlainSerializer(_stored)


def check_kinds(section: Contract, kinds: tuple[str, ...]) -> None:
    """Of a section that a person wrote: kinds are named once, and every inner section is read.

    Raises:
        ValueError: says which is not.
    """
    if len(set(kinds)) < len(kinds):
        raise ValueError("kind names one twice, name each once")
    for name, field in type(section).model_fields.items():
        changed = getattr(section, name) != field.default
        if changed and isinstance(field.default, Contract) and name not in kinds:
            raise ValueError(f"{name} is read only with kind {name}, add it to kind")
