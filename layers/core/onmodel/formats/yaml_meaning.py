"""What the values of a YAML document mean for a model, and its faults in plain words."""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from onmodel.contracts.base import WithMovedKeys
from onmodel.formats.yaml_document import Fault, Path, YamlDocument, shortened

NOT_FINITE = frozenset({"inf", "infinity", "nan"})
"""Texts that float() reads as numbers; no setting is infinite."""


def fit_to_model(model: type[BaseModel], document: YamlDocument) -> tuple[Any, list[Fault]]:
    """The document's data, converted to what the model's fields expect.

    A key without a value is left out where the field has a default; a number or a boolean where
    only text fits becomes the text that was written; an unknown key is left out and is a fault.

    Returns:
        The data to validate, and the faults found so far.
    """
    fitting = _Fitting(document, [])
    return fitting.fit(model, document.data, ()), fitting.faults


def validation_faults(error: ValidationError, document: YamlDocument) -> Iterator[Fault]:
    """Pydantic's errors as faults, each with its line and what to write."""
    details = error.errors(include_url=False)
    for detail in details:
        if detail["type"] == "too_short" and _has_faults_within(detail["loc"], details):
            continue  # pydantic counts valid entries only, so an entry with a fault is missing
        path = _as_written(tuple(part for part in detail["loc"] if part != "[key]"), document)
        yield Fault(document.line(path), path, _in_words(detail, document.written.get(path)))


def _as_written(path: Path, document: YamlDocument) -> Path:
    """The place in the file of a key that stands outside the section that it has moved into."""
    outside = path[:-2] + path[-1:]
    moved = len(path) > 1 and path not in document.written and outside in document.written
    return outside if moved else path


def _has_faults_within(place: tuple[int | str, ...], details: list[ErrorDetails]) -> bool:
    return any(
        len(other["loc"]) > len(place) and other["loc"][: len(place)] == place for other in details
    )


class _Fitting:
    def __init__(self, document: YamlDocument, faults: list[Fault]) -> None:
        self.document = document
        self.faults = faults

    def fit(self, annotation: Any, value: Any, path: Path) -> Any:  # noqa: ANN401
        """A value converted to what its annotation expects."""
        options = tuple(_options(annotation))
        models = [option for option in options if _is_model(option)]
        if isinstance(value, dict):
            if models:
                return self._fit_model(models[0], value, path)
            for option in options:
                if get_origin(option) in {dict, Mapping}:
                    inner = get_args(option)[1]
                    return {key: self.fit(inner, item, (*path, key)) for key, item in value.items()}
        elif isinstance(value, list):
            return self._fit_list(options, value, path)
        elif isinstance(value, bool | int | float):
            return self._fit_scalar(options, value, path, text_fits=bool(models))
        elif isinstance(value, str) and float in options and _is_not_finite(value):
            self._refuse_number(value, path)  # pydantic would take it
        elif isinstance(value, str):
            numbers = {str(word): word for word in _words(options) if isinstance(word, int)}
            return numbers.get(value.strip(), value)
        return value

    def _fit_model(
        self, model: type[BaseModel], value: dict[str, Any], path: Path
    ) -> dict[str, Any]:
        known: dict[str, FieldInfo] = {
            info.alias or name: info for name, info in model.model_fields.items()
        }
        moved = _moved_fields(model)
        fitted: dict[str, Any] = {}
        for key, item in value.items():
            here = (*path, key)
            info = known.get(key) or moved.get(key)
            if info is None:
                self.faults.append(Fault(self.document.line(here), here, _unknown(key, known)))
            elif item is None and not info.is_required():
                continue
            else:
                fitted[key] = self.fit(info.annotation, item, here)
        return fitted

    def _fit_list(self, options: tuple[Any, ...], value: list[Any], path: Path) -> list[Any]:
        inner: tuple[Any, ...] = ()
        for option in options:
            if get_origin(option) in {tuple, list}:
                inner = get_args(option)
        if not inner:
            return value
        every = inner[0] if len(inner) == 1 or inner[-1] is Ellipsis else None
        return [
            self.fit(every or inner[min(at, len(inner) - 1)], item, (*path, at))
            for at, item in enumerate(value)
        ]

    def _fit_scalar(
        self, options: tuple[Any, ...], value: float, path: Path, *, text_fits: bool
    ) -> Any:  # noqa: ANN401
        if type(value) in options or (float in options and type(value) is int):
            return value
        if str in options or text_fits or any(isinstance(word, str) for word in _words(options)):
            return self.document.written.get(path, str(value))
        if isinstance(value, bool) and (int in options or float in options):
            self._refuse_number(value, path)  # pydantic would take true for 1
        return value

    def _refuse_number(self, value: object, path: Path) -> None:
        written = self.document.written.get(path, str(value))
        self.faults.append(Fault(self.document.line(path), path, f"is {written}, write a number"))


def _moved_fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The fields of sections whose keys are also taken outside them."""
    if not issubclass(model, WithMovedKeys):
        return {}
    return {
        key: model.model_fields[section].annotation.model_fields[key]  # type: ignore[union-attr]
        for key, section in model.moved_keys.items()
    }


def _options(annotation: Any) -> Iterator[Any]:  # noqa: ANN401 - a type
    """The types that an annotation allows, without Annotated and Union."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _options(get_args(annotation)[0])
    elif origin in {Union, types.UnionType}:
        for option in get_args(annotation):
            yield from _options(option)
    else:
        yield annotation


def _is_model(option: Any) -> bool:  # noqa: ANN401 - a type
    return isinstance(option, type) and issubclass(option, BaseModel)


def _words(options: tuple[Any, ...]) -> list[Any]:
    """The values that literals among the options allow."""
    return [
        word for option in options if get_origin(option) is Literal for word in get_args(option)
    ]


def _is_not_finite(text: str) -> bool:
    return text.strip().lower().lstrip("+-.") in NOT_FINITE


def _unknown(key: str, known: Mapping[str, FieldInfo]) -> str:
    close = difflib.get_close_matches(key.lower(), known, n=1, cutoff=0.6)
    if close:
        return f"is unknown, did you mean `{close[0]}`?"
    return f"is unknown, known here: {', '.join(known)}"


def first_fault(found: ValidationError) -> str:
    """The first fault of a value that no file has, as it follows what the value is called."""
    return _in_words(found.errors()[0], None)


def _in_words(detail: ErrorDetails, written: str | None) -> str:  # noqa: PLR0911, PLR0912
    """One fault of pydantic's: https://docs.pydantic.dev/latest/errors/validation_errors/."""
    kind, context = detail["type"], detail.get("ctx", {})
    given = _given(detail["input"], written)
    if kind == "missing":
        return "is missing"
    if kind in {"greater_than_equal", "greater_than", "less_than_equal", "less_than"}:
        relation = {"greater_than_equal": "at least", "greater_than": "more than",
                    "less_than_equal": "at most", "less_than": "less than"}[kind]  # fmt: skip
        limit = next(value for name, value in context.items() if name in {"ge", "gt", "le", "lt"})
        return f"{given}, it must be {relation} {limit:g}"
    if kind in {"float_type", "float_parsing", "int_type", "int_parsing", "finite_number",
                "decimal_type", "decimal_parsing"}:  # fmt: skip
        return f"{given}, write a number"
    if kind == "int_from_float":
        return f"{given}, write a whole number"
    if kind in {"bool_type", "bool_parsing"}:
        return f"{given}, write true or false"
    if kind == "literal_error":
        return f"{given}, write {context['expected'].replace(chr(39), '')}"
    if kind == "string_type":
        return f"{given}, write a text"
    if kind == "string_too_short":
        return "is empty, write a text"
    if kind == "string_too_long":
        return f"has more than {context['max_length']} characters, shorten it"
    if kind == "string_pattern_mismatch":
        return _pattern(detail, given)
    if kind == "too_short":
        return _too_short(context)
    if kind == "too_long":
        return f"has more than {context['max_length']} entries"
    if kind in {"tuple_type", "list_type"}:
        return f"{given}, write a list, such as [first, second]"
    if kind in {"model_type", "dict_type", "model_attributes_type"}:
        return f"{given}, write keys below it, each with a value"
    if kind == "value_error":
        return str(context.get("error", detail["msg"]))
    return detail["msg"][:1].lower() + detail["msg"][1:]


def _given(value: object, written: str | None) -> str:
    """What stands in the file; a single value that stands for a list is not known as written."""
    if written is None and isinstance(value, str | int | float):
        written = str(value)
    if written is not None:
        return f"is {shortened(written) or 'empty'}"
    if isinstance(value, list):
        return "is a list"
    return "has keys below it" if isinstance(value, dict) else "does not fit"


def _pattern(detail: ErrorDetails, given: str) -> str:
    if "[key]" in detail["loc"]:
        return "write this key in small letters, digits and hyphens"
    return f"{given}, write small letters, digits and hyphens"


def _too_short(context: Mapping[str, Any]) -> str:
    least, found = context["min_length"], context["actual_length"]
    if found == 0:
        return f"is empty, write at least {least}"
    return f"has {found} of {least} entries"
