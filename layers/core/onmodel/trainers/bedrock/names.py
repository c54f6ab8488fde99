r"""Names at Bedrock, within its patterns, from which the stack can be recognised.

A name is `<stack>-<id>-<production>`, cut at the end, where a hash keeps it unique. Patterns and
lengths are those of the API's model:

- job: `[a-zA-Z0-9](-*[a-zA-Z0-9\+\-\.])*`, at most 63
- model: `([0-9a-zA-Z][_-]?){1,63}`, at most 63: neither dots nor two hyphens in a row
- provisioned throughput: `([0-9a-zA-Z][_-]?)+`, at most 63
- client token: `[a-zA-Z0-9]([-a-zA-Z0-9]{0,254}[a-zA-Z0-9])?`
"""

from __future__ import annotations

from collections.abc import Mapping

from onmodel.contracts.keys import digest, fit
from onmodel.trainers.ownership import STACK_TAG, name_prefix, ownership_tags, plain

NAME_LIMIT = 63
Tag = dict[str, str]


class BedrockNames:
    """The names of one stack, also if another stack's name begins with the same letters."""

    def __init__(self, stack: str) -> None:
        self.stack = stack
        self.prefix = name_prefix(stack)

    @property
    def needle(self) -> str:
        """For `nameContains`, whose pattern allows no hyphen at the end."""
        return self.prefix.rstrip("-")

    @property
    def is_exact(self) -> bool:
        """Whether the prefix is the stack's own name: an event rule's pattern relies on it."""
        return self.prefix == f"{self.stack}-"

    def of(self, production: str, id_: str) -> str:
        """The name of the job, the model or the deployment with this id."""
        wanted = f"{id_}-{production}"
        short = plain(wanted)
        if short != wanted:  # two ids may have become the same name
            short = f"{short}-{digest(wanted)}"
        return self.prefix + fit(short, NAME_LIMIT - len(self.prefix))

    def token(self, production: str, id_: str, purpose: str) -> str:
        """A client token: Bedrock answers a repeated request with the first one's result."""
        text = f"{self.stack}:{production}:{id_}:{purpose}"
        return f"{purpose}-{digest(text, 40)}"

    def tags(self, production: str, id_: str) -> list[Tag]:
        pairs = ownership_tags(self.stack, production, id_)
        return [{"key": key, "value": value} for key, value in pairs.items()]

    def is_ours(self, name: str, tags: Mapping[str, str]) -> bool:
        """Whether it is ours: by its tag, or by its name where the tag was removed."""
        if STACK_TAG in tags:
            return tags[STACK_TAG] == self.stack
        return name.startswith(self.prefix)
