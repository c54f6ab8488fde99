"""Values checked and converted against the shapes of botocore's service models."""
# ruff: noqa: ANN401 - values of any shape are what this module is about

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Sized
from datetime import UTC, datetime
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.utils import parse_timestamp

JsonValue = Any
"""What json.loads gives."""

_PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "character": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "blob": (bytes,),
    "timestamp": (datetime,),
}


class ShapeMismatchError(ValueError):
    """Raised when a value cannot be read as its shape (AWS: SerializationException)."""


def decode(shape: Shape, value: JsonValue, place: str = "") -> Any:
    """JSON to Python: blobs to bytes, timestamps to datetime; unknown members are dropped.

    Raises:
        ShapeMismatchError: a value of another kind than the shape's.
    """
    if value is None:
        return None
    if isinstance(shape, StructureShape):
        return _decode_structure(shape, value, place)
    if isinstance(shape, ListShape):
        _require(value, list, place)
        return [decode(shape.member, item, f"{place}[{i}]") for i, item in enumerate(value)]
    if isinstance(shape, MapShape):
        _require(value, dict, place)
        return {key: decode(shape.value, item, f"{place}.{key}") for key, item in value.items()}
    return _decode_scalar(shape, value, place)


def _decode_scalar(shape: Shape, value: JsonValue, place: str) -> Any:
    try:
        if shape.type_name == "blob":
            return base64.b64decode(value, validate=True)
        if shape.type_name == "timestamp":
            return parse_timestamp(value)
    except (binascii.Error, TypeError, ValueError) as fault:
        raise ShapeMismatchError(f"{place} is no {shape.type_name}") from fault
    return value


def _decode_structure(shape: StructureShape, value: JsonValue, place: str) -> dict[str, Any]:
    _require(value, dict, place)
    if getattr(shape, "is_document_type", False):
        return dict(value)
    found = {}
    for name, member in shape.members.items():
        wire = member.serialization.get("name", name)
        if value.get(wire) is not None:
            found[name] = decode(member, value[wire], f"{place}.{name}".lstrip("."))
    return found


def _require(value: JsonValue, kind: type, place: str) -> None:
    if not isinstance(value, kind):
        raise ShapeMismatchError(f"{place or 'the request'} must be a {kind.__name__}")


def encode(shape: Shape | None, value: Any, timestamps: str = "unix") -> JsonValue:
    """Python to JSON; `timestamps` is "unix" (json protocol) or "iso8601" (rest-json models)."""
    if isinstance(shape, StructureShape) and not getattr(shape, "is_document_type", False):
        members = shape.members
        return {
            members[name].serialization.get("name", name): encode(members[name], item, timestamps)
            for name, item in value.items()
            if item is not None
        }
    if isinstance(shape, ListShape):
        return [encode(shape.member, item, timestamps) for item in value]
    if isinstance(shape, MapShape):
        return {key: encode(shape.value, item, timestamps) for key, item in value.items()}
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return _encode_time(shape, value, timestamps)
    return value


def _encode_time(shape: Shape | None, moment: datetime, timestamps: str) -> JsonValue:
    chosen = (shape.serialization.get("timestampFormat") if shape else None) or timestamps
    if chosen == "iso8601":
        text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
        return text.replace("+00:00", "Z")
    return round(moment.timestamp(), 3)


def violations(shape: Shape, value: Any, place: str = "") -> Iterator[str]:
    """Every way in which a value breaks its shape: type, required, unknown, bounds, enum, pattern.

    Worded like AWS's "1 validation error detected: Value … at … failed to satisfy constraint".
    """
    if isinstance(shape, StructureShape):
        yield from _structure_violations(shape, value, place)
        return
    yield from _constraint_violations(shape, value, place)
    if isinstance(shape, ListShape) and isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from violations(shape.member, item, f"{place}.{index + 1}.member")
    elif isinstance(shape, MapShape) and isinstance(value, dict):
        for key, item in value.items():
            yield from violations(shape.key, key, f"{place}.key")
            yield from violations(shape.value, item, f"{place}.{key}")


def _structure_violations(shape: StructureShape, value: Any, place: str) -> Iterator[str]:
    if getattr(shape, "is_document_type", False):
        return
    if not isinstance(value, dict):
        yield f"Value at '{place}' failed to satisfy constraint: Member must be a structure"
        return
    for name in shape.required_members:
        if value.get(name) is None:
            yield f"Value null at '{_join(place, name)}' failed to satisfy constraint: " + (
                "Member must not be null"
            )
    for name, item in value.items():
        if name not in shape.members:
            yield f"'{_join(place, name)}' is no member of {shape.name}"
        elif item is not None:
            yield from violations(shape.members[name], item, _join(place, name))
    if getattr(shape, "is_tagged_union", False) and len(value) != 1:
        yield f"Value at '{place}' failed to satisfy constraint: exactly one member must be set"


def _join(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _constraint_violations(shape: Shape, value: Any, place: str) -> Iterator[str]:
    failed = f"Value '{_short(value)}' at '{place}' failed to satisfy constraint: "
    expected = _PYTHON_TYPES.get(shape.type_name)
    if expected and (not isinstance(value, expected) or (value is True and bool not in expected)):
        yield f"{failed}Member must be a {shape.type_name}"
        return
    measure = len(value) if isinstance(value, Sized) else value
    word = "length " if isinstance(value, Sized) else ""
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and measure < least:
        yield f"{failed}Member must have {word}greater than or equal to {least}"
    if most is not None and measure > most:
        yield f"{failed}Member must have {word}less than or equal to {most}"
    choices = shape.metadata.get("enum")
    if choices and value not in choices:
        yield f"{failed}Member must satisfy enum value set: [{', '.join(choices)}]"
    pattern = shape.metadata.get("pattern")
    if pattern and isinstance(value, str) and not _matches(pattern, value):
        yield f"{failed}Member must satisfy regular expression pattern: {pattern}"


def _matches(pattern: str, value: str) -> bool:
    try:
        return re.fullmatch(pattern, value) is not None
    except re.error:  # a few of AWS's patterns are Java's, with POSIX classes Python lacks
        return True


def _short(value: Any) -> str:
    text = repr(value) if isinstance(value, bytes) else str(value)
    return text if len(text) <= 80 else text[:77] + "..."
