"""The input files of a job, read and checked; needs nothing but the standard library.

Whatever is wrong with one is a JobError that names the file, the field and what it should be.
"""

from __future__ import annotations

import dataclasses
import json
import typing
from pathlib import Path
from typing import Any, TypeVar

from job import JobError

RecordT = TypeVar("RecordT")

EXPECTED: dict[Any, tuple[tuple[type, ...], str]] = {
    str: ((str,), "a text"),
    int: ((int,), "a whole number"),
    float: ((int, float), "a number"),
    dict: ((dict,), "a JSON object"),
    list: ((list,), "a list"),
}
"""By the type of a field; the fields of other types are checked by who reads them."""


def read_text(path: Path) -> str:
    """Raises JobError when it is missing or is not UTF-8."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise JobError(f"{path.name} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise JobError(f"{path.name} is not UTF-8 text") from error


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object of a file. Raises JobError when there is none."""
    try:
        told = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise JobError(f"{path.name} is not JSON: {error}") from error
    if not isinstance(told, dict):
        raise JobError(f"{path.name} is no JSON object")
    return told


def field(told: dict[str, Any], name: str, kind: type[RecordT], where: str) -> RecordT:
    """A field of a JSON object.

    Args:
        told: the object.
        name: of the field.
        kind: one of EXPECTED.
        where: what the object is called in messages.

    Raises:
        JobError: it is missing, or of another type.
    """
    if name not in told:
        raise JobError(f"{where} lacks {name}")
    _check(told[name], name, kind, where)
    value: RecordT = told[name]
    return value


def record(kind: type[RecordT], told: object, where: str) -> RecordT:
    """A dataclass made of a JSON object.

    Args:
        kind: the dataclass.
        told: the object.
        where: what it is called in messages.

    Raises:
        JobError: it is no object, or a field is unknown, missing or of another type.
    """
    if not isinstance(told, dict):
        raise JobError(f"{where} is no JSON object")
    fields = {one.name: one for one in dataclasses.fields(kind)}  # type: ignore[arg-type]
    if unknown := sorted(set(told) - set(fields)):
        raise JobError(f"{where} has unknown names: {', '.join(unknown)}")
    needed = {name for name, one in fields.items() if one.default is dataclasses.MISSING}
    if missing := sorted(needed - set(told)):
        raise JobError(f"{where} lacks {', '.join(missing)}")
    hints = typing.get_type_hints(kind)
    for name, value in told.items():
        _check(value, name, hints[name], where)
    return kind(**told)


def _check(value: object, name: str, kind: Any, where: str) -> None:  # noqa: ANN401 - a type
    types, words = EXPECTED.get(kind, ((object,), ""))
    if words and (not isinstance(value, types) or isinstance(value, bool)):
        raise JobError(f"{name} of {where} is {value!r:.60}, not {words}")
