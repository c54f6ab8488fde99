"""YAML that a person wrote → a typed model, or one refusal that lists every fault."""

from __future__ import annotations

from typing import TypeVar

import yaml
from pydantic import ValidationError

from onmodel.contracts.base import Contract
from onmodel.errors import SettingsRefused

LIMIT_BYTES = 256_000  # a person wrote it; YAML that expands is refused by size first

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
        raw = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as fault:  # bad dates, endless nesting
        raise SettingsRefused(
            f"{name} is not YAML: {fault}", "Correct it and upload it again"
        ) from fault
    try:
        return model.model_validate(raw if raw is not None else {})
    except ValidationError as fault:
        raise SettingsRefused(
            f"{name} has impossible values: {places(fault)}", "Correct them and upload it again"
        ) from fault


def places(fault: ValidationError) -> str:
    """Every fault with its place: `crop.side: Input should be …; …`."""
    return "; ".join(
        f"{'.'.join(str(part) for part in error['loc']) or 'the file'}: {error['msg']}"
        for error in fault.errors(include_input=False)
    )
