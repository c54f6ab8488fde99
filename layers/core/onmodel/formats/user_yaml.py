"""YAML that a person wrote → a typed model, or one refusal that lists every fault."""

from __future__ import annotations

from typing import TypeVar

import yaml
from pydantic import ValidationError

from onmodel.contracts.base import Contract
from onmodel.errors import SettingsRefused

LIMIT_BYTES = 256_000  # a person wrote it; YAML that expands is refused by size first
LIMIT_DEPTH = 20  # settings are four deep; PyYAML takes minutes for thousands of open brackets

ContractT = TypeVar("ContractT", bound=Contract)


def read_handwritten(model: type[ContractT], text: bytes, name: str) -> ContractT:
    """Parse and validate; an empty file means all defaults.

    Args:
        model: what it must be.
        text: the file.
        name: what the file is called in messages, for example `settings.yaml`.

    Raises:
        SettingsRefused: not YAML, too large, an unknown key or an impossible value; the message
            lists every fault with its place.
    """
    if len(text) > LIMIT_BYTES:
        raise SettingsRefused(
            f"{name} has {len(text):,} bytes, more than {LIMIT_BYTES:,}",
            "Shorten it and upload it again",
        )
    try:
        _check_depth(text)
        raw = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as fault:  # ValueError: a date that is none
        raise SettingsRefused(
            f"{name} is not YAML: {fault}", "Correct it and upload it again"
        ) from fault
    try:
        return model.model_validate(raw if raw is not None else {})
    except ValidationError as fault:
        raise SettingsRefused(
            f"{name} has impossible values: {places(fault)}", "Correct them and upload it again"
        ) from fault


def _check_depth(text: bytes) -> None:
    """Raises YAMLError at the first bracket or indentation that opens a level too many."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > LIMIT_DEPTH:
            raise yaml.YAMLError(f"more than {LIMIT_DEPTH} levels lie within each other")


def places(fault: ValidationError) -> str:
    """Every fault with its place: `crop.side: Input should be …; …`."""
    return "; ".join(
        f"{'.'.join(str(part) for part in error['loc']) or 'the file'}: {error['msg']}"
        for error in fault.errors(include_input=False)
    )
