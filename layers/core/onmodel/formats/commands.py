"""Commands of `onmodel` in texts for people."""

from __future__ import annotations

import re

_COMMAND = re.compile(r"`onmodel (?P<words>[a-z][^`\n]*)`")
_WITHOUT_STACK = frozenset({"demo", "local", "quote"})
_NAMED = re.compile(r"--(?:local|stack|help)\b")


def naming_stack(text: str, options: str) -> str:
    """Add the options that name a stack to every command between backticks that takes them.

    Texts are written where the stack is not known. A command that has such an option, and one that
    uses no stack, stays as it is.

    Args:
        text: for people.
        options: such as `--local`, or `--stack NAME --region REGION`; '' changes nothing.
    """

    def complete(found: re.Match[str]) -> str:
        words = found["words"]
        if not options or words.split()[0] in _WITHOUT_STACK or _NAMED.search(words):
            return found[0]
        return f"`onmodel {words} {options}`"

    return _COMMAND.sub(complete, text)
