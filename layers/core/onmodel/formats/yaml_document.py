"""A YAML text as plain data, with the line of every value.

PyYAML's composed nodes are used, not its constructors: they hold the line, repeated keys, and the
text of a scalar as it was written.
"""

from __future__ import annotations

import math
import re
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

import yaml

from onmodel.formats.yaml_syntax import unwritable

LIMIT_DEPTH = 20
"""Settings have five levels; with thousands of open brackets parsing takes minutes."""

LIMIT_VALUES = 20_000
"""Values with every alias written out: a file of 12 KB can stand for millions."""

Path = tuple[str | int, ...]
"""Keys and positions from the top, such as ("characters", "buck", "references", 0)."""


class DocumentRefused(Exception):
    """Raised for YAML that is too deep, too large, or contains itself.

    Attributes:
        line: from 1; 0 where no line can be named.
        fault: what is wrong with it.
    """

    def __init__(self, line: int, fault: str) -> None:
        super().__init__(fault)
        self.line = line
        self.fault = fault


@dataclass(frozen=True)
class Fault:
    """One fault of the file."""

    line: int
    """From 1; 0 where no line can be named."""
    path: Path
    text: str
    """What is wrong and what to write, without a full stop."""

    def __str__(self) -> str:
        place = f"line {self.line}, " if self.line else ""
        listed = f"{place}{dotted(self.path)}: {self.text}"
        return listed.replace(";", ",")  # a semicolon parts the faults of a list


@dataclass
class YamlDocument:
    """The data of a document: mappings, lists, text, numbers, booleans and None."""

    data: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    """The line of each key or list item, from 1."""
    written: dict[Path, str] = field(default_factory=dict)
    """The text of each scalar as it was written, without quotes."""
    faults: list[Fault] = field(default_factory=list)
    """Repeated keys, unknown tags, and characters that no text can have."""
    notices: list[Fault] = field(default_factory=list)
    """What YAML reads as a comment and a person may have meant as a part of the value."""

    def line(self, path: Path) -> int:
        """The line of a value, or of the innermost section around it that the file has; else 0."""
        for length in range(len(path), 0, -1):
            if found := self.lines.get(path[:length]):
                return found
        return 0


def dotted(path: Path) -> str:
    """`characters.buck.references[0]`; `the file` for the whole."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{shortened(str(part), 40)}"
    return text.removeprefix(".") or "the file"


def shortened(text: str, limit: int = 60) -> str:
    """At most `limit` printable characters on one line."""
    one_line = "".join(char if char.isprintable() else " " for char in text)
    return one_line if len(one_line) <= limit else one_line[: limit - 1] + "…"


_COMMENT = re.compile(r"\s+#[^\s#!]")
"""A comment that may be meant as text: people put a space after the # of a comment."""


class _CoreSchema(yaml.SafeLoader):
    """Which plain scalars are not text: https://yaml.org/spec/1.2.2/#103-core-schema.

    `.inf` and `.nan` stay text: no setting is infinite.
    """

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own form


for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", list("-+.0123456789")),
    ("merge", r"<<", ["<"]),
):
    _CoreSchema.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"(?:{_pattern})$"), _first
    )


def read_document(text: str) -> YamlDocument:
    """Parse one document; an empty text gives an empty mapping.

    Raises:
        yaml.YAMLError: not YAML, or several documents.
        DocumentRefused: nested too deeply, or too many values once its aliases are written out.
    """
    _check_size(text)
    root = yaml.compose(text, Loader=_CoreSchema)
    document = YamlDocument(data={})
    if root is not None:
        _count(root, {}, set())
        value = _Reader(document, text.split("\n")).value(root, ())
        document.data = {} if value is None else value
    return document


def _check_size(text: str) -> None:
    """Count levels and values before nodes are made, which takes time and memory for each value."""
    depth = 0
    for values, event in enumerate(yaml.parse(text, Loader=_CoreSchema)):
        if values > LIMIT_VALUES * 2:  # every collection has a start and an end
            raise _too_many_values()
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > LIMIT_DEPTH:
            line = event.start_mark.line + 1 if event.start_mark else 0
            raise DocumentRefused(line, f"is nested more than {LIMIT_DEPTH} levels deep")


def _count(node: yaml.Node, known: dict[int, int], open_nodes: set[int]) -> int:
    """The number of values below a node; an alias counts as the values that it repeats."""
    identity = id(node)
    if identity in open_nodes:
        raise DocumentRefused(node.start_mark.line + 1, "contains itself through an alias")
    if identity in known:
        return known[identity]
    open_nodes.add(identity)
    total = 1
    if isinstance(node, yaml.MappingNode):
        total += sum(_count(part, known, open_nodes) for pair in node.value for part in pair)
    elif isinstance(node, yaml.SequenceNode):
        total += sum(_count(part, known, open_nodes) for part in node.value)
    open_nodes.remove(identity)
    if total > LIMIT_VALUES:
        raise _too_many_values()
    known[identity] = total
    return total


def _too_many_values() -> DocumentRefused:
    return DocumentRefused(0, f"it has more than {LIMIT_VALUES:,} values, aliases written out")


def _number(text: str, *, is_whole: bool) -> float | None:
    """None for one that is too long, infinite, or has an explicit tag and is none."""
    try:
        number = int(text, {"0o": 8, "0x": 16}.get(text[:2], 10)) if is_whole else float(text)
        return number if math.isfinite(number) else None
    except (ValueError, OverflowError):
        return None


@dataclass(frozen=True)
class _Reader:
    """Turns nodes into data, and notes lines and faults in the document."""

    document: YamlDocument
    text: list[str]
    """The lines, as they were written."""

    def value(self, node: yaml.Node, path: Path) -> Any:  # noqa: ANN401 - whatever it holds
        line = node.start_mark.line + 1
        if path:
            self.document.lines.setdefault(path, line)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(part, (*path, at)) for at, part in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode):
            self.document.written[path] = node.value
            self._notice_comment(node, path)
            return self._scalar(node, path, line)
        return None

    def _notice_comment(self, node: yaml.ScalarNode, path: Path) -> None:
        """`credit: #1 film` has no value, and `name: Agent #7` is Agent: YAML's comments."""
        if node.style is not None or node.tag.endswith((":bool", ":int", ":float")):
            return
        end = node.end_mark
        rest = self.text[end.line][end.column :] if end.line < len(self.text) else ""
        if _COMMENT.match(rest):
            self.document.notices.append(
                Fault(
                    end.line + 1,
                    path,
                    f"{shortened(rest.strip())} is a comment and no part of the value, did you mean"
                    " quotes?",
                )
            )

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[Hashable, Any]:
        merged: dict[Hashable, Any] = {}
        found: dict[Hashable, Any] = {}
        first: dict[str, int] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if key_node.tag.endswith(":merge"):
                merged |= self._merged(value_node, path, line)
                continue
            if not isinstance(key_node, yaml.ScalarNode):
                self._fault(line, path, "a key must be a single word")
                continue
            key = key_node.value
            if key in first:
                self._fault(
                    line, (*path, key),
                    f"is given again, first in line {first[key]}, keep one of them",
                )  # fmt: skip
                continue
            first[key] = line
            self.document.lines[(*path, key)] = line
            found[key] = self.value(value_node, (*path, key))
        return merged | found

    def _merged(self, node: yaml.Node, path: Path, line: int) -> dict[Hashable, Any]:
        """The sections that `<<: *other` or `<<: [*one, *two]` merges; the earlier one wins."""
        parts = node.value if isinstance(node, yaml.SequenceNode) else [node]
        merged: dict[Hashable, Any] = {}
        for part in reversed(parts):
            if isinstance(part, yaml.MappingNode):
                merged |= self._mapping(part, path)
            else:
                self._fault(line, path, "`<<` takes the keys of another section, such as *other")
        return merged

    def _scalar(self, node: yaml.ScalarNode, path: Path, line: int) -> Any:  # noqa: ANN401
        tag, text = node.tag.removeprefix("tag:yaml.org,2002:"), node.value
        fault = unwritable(text)
        if fault:
            self._fault(line, path, fault)
            return "?"  # the field may need a text: one fault is enough
        if tag == "null":
            return None
        if tag == "bool":
            return text.lower() == "true"
        if tag in {"int", "float"}:
            number = _number(text, is_whole=tag == "int")
            if number is None:
                self._fault(line, path, f"{shortened(text)} is no number that can be used")
            return number
        if tag not in {"str", "merge"}:
            self._fault(line, path, f"the tag {shortened(node.tag)} is unknown, leave it out")
        return text

    def _fault(self, line: int, path: Path, text: str) -> None:
        self.document.faults.append(Fault(line, path, text))
