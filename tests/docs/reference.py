"""The reference tables of docs/operating.md, made from the models and the template themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args, get_origin

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from onmodel.contracts.settings import Settings

LIMITS = {"ge": "≥ ", "gt": "> ", "le": "≤ ", "lt": "< "}


def settings_reference() -> str:
    """Markdown: a table for each section of settings.yaml."""
    parts, top = [], []
    for name, field in Settings.model_fields.items():
        model = field.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):
            rows = list(_rows(model))
            parts.append(_section(name, (model.__doc__ or "").split("\n")[0], rows))
        elif name == "characters":
            parts.append(_characters())
        else:
            top.append(_row(name, field))
    parts.append(_section("(top level)", "", top))
    return "\n".join(parts)


def template_reference(template: str) -> str:
    """Markdown: the parameters of template.yaml."""
    parameters = yaml.load(template, Loader=_IntrinsicFree)["Parameters"]
    rows = [
        f"| `{name}` | {_value(given.get('Default', ''))} | {given['Description'].strip()} |"
        for name, given in parameters.items()
    ]
    return "\n".join(["| parameter | default | what it does |", "|---|---|---|", *rows]) + "\n"


class _IntrinsicFree(yaml.CSafeLoader):
    """Reads a template without resolving !Ref, !Sub and their like."""


def _ignore(loader: yaml.CSafeLoader, _tag: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node)
    return loader.construct_mapping(node) if isinstance(node, yaml.MappingNode) else None


_IntrinsicFree.add_multi_constructor("!", _ignore)


def _section(name: str, about: str, rows: list[str]) -> str:
    head = [f"#### `{name}`", "", about, ""] if about else [f"#### `{name}`", ""]
    table = ["| key | default | allowed | meaning |", "|---|---|---|---|"]
    return "\n".join([*head, *table, *rows]) + "\n"


def _rows(model: type[BaseModel], within: str = "") -> Iterator[str]:
    for key, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _rows(inner, f"{within}{key}.")
        else:
            yield _row(within + key, field)


def _row(name: str, field: FieldInfo) -> str:
    default = field.default if field.default is not PydanticUndefined else ""
    allowed = ", ".join(_allowed(field))
    return f"| `{name}` | {_value(default)} | {allowed} | {field.description or ''} |"


def _allowed(field: FieldInfo) -> Iterator[str]:
    for choice in _choices(field.annotation):
        yield f"`{choice}`"
    for limit in field.metadata:
        for attribute, sign in LIMITS.items():
            if hasattr(limit, attribute):
                yield f"{sign}{getattr(limit, attribute):g}"
        if hasattr(limit, "max_length"):
            yield f"at most {limit.max_length}"


def _choices(annotation: Any) -> tuple[Any, ...]:
    origin = get_origin(annotation)
    if origin is tuple:
        return _choices(get_args(annotation)[0])
    return get_args(annotation) if origin is not None and str(origin).endswith("Literal") else ()


def _value(value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return f"`[{', '.join(map(str, value))}]`"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def _characters() -> str:
    return """#### `characters`

By slug; needed only for names, descriptions, or references by timecode. Pictures under
`<production>/characters/<name>/` work without it.

| key | default | allowed | meaning |
|---|---|---|---|
| `name` |  | at most 60 | as captions write it |
| `description` |  | at most 600 | key traits, for the captioning model |
| `references[].film` |  |  | the film's file name as uploaded |
| `references[].timecode_seconds` |  | ≥ 0 | where in it |
| `references[].box` |  |  | left, top, right, bottom in the film's display pixels |
| `references[].look` | | at most 60 | its [look](characters.md#looks), such as `winter coat` |
"""
