"""The parts of the commands that a mail tells people to type."""

from __future__ import annotations

import re

from onmodel.contracts.keys import as_typed

_BARE = re.compile(r"\w[\w.-]*")
_NOT_IN_QUOTES = re.compile(r"[\"$`\\!%*?<>|&^]")
"""Signs that a shell of Linux, macOS or Windows may read within double quotes."""


def production_argument(name: str, identity: str) -> str:
    """A production as one argument of a command, in every shell.

    Args:
        name: of the production for people.
        identity: its id, which every command takes too.

    Returns:
        The name, in double quotes where it needs them; the id when no shell would read the name.
    """
    name = as_typed(name)
    if _BARE.fullmatch(name):
        return name
    if not name.isprintable() or name.strip() != name or _NOT_IN_QUOTES.search(name):
        return identity
    return f'"{name}"'
