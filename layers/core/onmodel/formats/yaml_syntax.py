"""What is wrong with a text that is no YAML, and what to write instead, in plain words."""

from __future__ import annotations

import re
import unicodedata

import yaml
from yaml.reader import ReaderError

_LOOK = "cannot be read from here on, look at its colons, quotes and indentation"

_IN_WORDS: tuple[tuple[str, str], ...] = (
    (r"character '\\t'", "is indented with a tab, indent with spaces"),
    (r"character (?P<char>'.+') that cannot", "has a value that begins with {char}, quote it"),
    (
        r"mapping values are not allowed",
        "has a colon that does not fit: quote a value that has one, leave a space after the colon"
        " of a key, and indent the keys of a section alike",
    ),
    (r"sequence entries are not allowed", "has a `-` after a key, begin the list on the next line"),
    (r"mapping keys are not allowed", "has a `?` that means a key in YAML, quote the value"),
    (r"quoted scalar.*(stream|document)", "opens a quote that is never closed"),
    (
        r"unknown escape character|escape sequence",
        "has a backslash in double quotes, write single quotes",
    ),
    (r"scanning a block scalar", "has text after `|` or `>`, begin it on the next line"),
    (r"scanning an (alias|anchor)", "has a value that begins with `*` or `&`, quote it"),
    (r"node content.*'<document end>'", "has `...`, which ends the text for YAML, delete it"),
    (r"expected '<document start>'", "begins a second document, write all into one"),
    (r"undefined alias", "refers with `*` to something that no `&` names, or needs quotes"),
    (r"duplicate anchor", "gives a name with `&` that another line has given"),
    (r"parsing a flow sequence", "has a list in [ ] that lacks a comma or its end"),
    (r"parsing a flow mapping", "has keys in {{ }} that lack a comma or their end"),
    (r"scanning a simple key", "has a key without a colon, write `key: value`"),
    (r"node content.*'(?P<sign>[\]},])'", "has a `{sign}` that nothing opens, delete or quote it"),
    (r"node content", "opens a list or section that is never closed"),
    (r"block (mapping|collection).*'<scalar>'", "has text after the closing quote"),
    (
        r"block (mapping|collection)",
        "is not indented as what it belongs to: keys of one section stand below each other, and"
        " so do the `-` of one list",
    ),
    (
        r"single document|document start|document separator",
        "begins a second document, write all into one",
    ),
    (r"directive", "begins with `%`, which YAML takes for an instruction, quote it"),
    (r"\btag\b|tag handle", "has a value that begins with `!`, quote it"),
)
"""PyYAML's context and problem, and what a person can do about it."""

_WHERE_IT_OPENED = re.compile(r"quoted scalar|flow (sequence|mapping)|simple key")
"""Faults that PyYAML notices lines later; the line where they begin helps more."""


def syntax_fault(error: yaml.YAMLError, text: str) -> tuple[int, str]:
    """The line, from 1, or 0 for none, and what is wrong with it.

    Args:
        error: of PyYAML.
        text: that was read.
    """
    if isinstance(error, ReaderError):
        return text.count("\n", 0, error.position) + 1, _forbidden(chr(error.character))
    if not isinstance(error, yaml.MarkedYAMLError):
        return 0, _LOOK
    said = f"{error.context or ''} {error.problem or ''}"
    mark = error.problem_mark or error.context_mark
    if error.context_mark and _WHERE_IT_OPENED.search(said):
        mark = error.context_mark
    return (mark.line + 1 if mark else 0), _in_words(said)


def unwritable(text: str) -> str | None:
    """The fault of the first character that no text can have; None when there is none."""
    for char in text:
        if char not in "\n\t\r" and unicodedata.category(char) in {"Cc", "Cs"}:
            return _forbidden(char)
    return None


def _in_words(said: str) -> str:
    for pattern, words in _IN_WORDS:
        found = re.search(pattern, said)
        if found:
            return words.format(**found.groupdict())
    return _LOOK


def _forbidden(char: str) -> str:
    name = "control character" if unicodedata.category(char) == "Cc" else "character"
    return f"has the {name} U+{ord(char):04X}, which no text can have, delete it"
