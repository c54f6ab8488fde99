"""Reads a YAML file that a person wrote: a typed model, or one refusal that lists every fault.

The file is read by the core schema of YAML 1.2: `yes`, `No` and `16:9` are text, not booleans and
not numbers of base 60. The type of the model's field decides what a value means: a key without
a value keeps its default, and a number is read as text where the field is a text.
"""

from __future__ import annotations

from collections.abc import Sequence

import yaml
from pydantic import ValidationError

from onmodel.contracts.base import HAND_WRITTEN, ContractT
from onmodel.errors import SettingsRefused
from onmodel.formats.yaml_document import DocumentRefused, Fault, YamlDocument, read_document
from onmodel.formats.yaml_meaning import fit_to_model, validation_faults
from onmodel.formats.yaml_syntax import syntax_fault

LIMIT_BYTES = 256_000
"""100 characters with descriptions of 600 letters and ten references each need half of it."""

MOST_FAULTS = 20
"""Faults listed at most: a mail has to be readable, and SNS takes 256 KB."""


def read_user_yaml(model: type[ContractT], text: bytes, name: str) -> ContractT:
    """Parse and validate; an empty file means all defaults.

    Args:
        model: the contract of the file.
        text: the file, UTF-8.
        name: what the file is called in messages, for example `settings.yaml`.

    Raises:
        SettingsRefused: not YAML, too large, an unknown or repeated key, or an invalid value;
            the message lists every fault with its line, its key and what to write.
    """
    check_size(len(text), name)
    document = _read(text, name)
    data, faults = fit_to_model(model, document)
    faults = [*document.faults, *faults]
    try:
        made = model.model_validate(data, context=HAND_WRITTEN)
    except ValidationError as error:
        faults += validation_faults(error, document)
    if faults:
        raise SettingsRefused(_listed(name, faults), "Correct it and upload it again")
    return made


def user_yaml_notices(text: bytes, name: str) -> tuple[str, ...]:
    """What a file that can be used may not say as its writer meant it: with line and key.

    Args:
        text: the file, which `read_user_yaml` accepted.
        name: what the file is called in messages.
    """
    return tuple(map(str, _read(text, name).notices[:MOST_FAULTS]))


def check_size(size: int, name: str) -> None:
    """Refuse a file by its size alone, so that a huge one is never downloaded.

    Args:
        size: bytes.
        name: what the file is called in messages.

    Raises:
        SettingsRefused: it has more than LIMIT_BYTES.
    """
    if size > LIMIT_BYTES:
        raise SettingsRefused(
            f"{name} has {size:,} bytes, more than {LIMIT_BYTES:,}",
            "Shorten it and upload it again",
        )


def _read(text: bytes, name: str) -> YamlDocument:
    try:
        decoded = text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SettingsRefused(
            f"{name} is not UTF-8 text", "Save it as UTF-8 and upload it again"
        ) from error
    try:
        return read_document(decoded)
    except DocumentRefused as error:
        line, fault = error.line, error.fault
    except yaml.YAMLError as error:
        line, fault = syntax_fault(error, decoded)
    place = f", line {line}" if line else ""
    raise SettingsRefused(f"{name}{place}: {fault}", "Correct it and upload it again")


def _listed(name: str, faults: Sequence[Fault]) -> str:
    ordered = sorted(dict.fromkeys(faults), key=lambda fault: fault.line)
    shown = "; ".join(map(str, ordered[:MOST_FAULTS]))
    more = len(ordered) - MOST_FAULTS
    return f"{name}: {shown}" + (f"; and {more} more faults" if more > 0 else "")
