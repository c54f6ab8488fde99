"""Names of jobs, from which the stack and the kind can be recognised.

`<stack>-train-<16 hex digits>`: at most 63 letters, digits and single hyphens, as the API's model
says. The digits follow from bucket, production and id: a stack that is made again under its old
name has another bucket, and so other names.
"""

from __future__ import annotations

import re

from onmodel.contracts.keys import digest
from onmodel.contracts.sagemaker import JOB_NAMES, KIND_TAG, JobKind
from onmodel.trainers.ownership import name_prefix, ownership_tags


class SageMakerNames:
    """The names of one stack."""

    def __init__(self, stack: str, bucket: str) -> None:
        self.stack = stack
        self._bucket = bucket
        self.prefix = name_prefix(stack)

    @property
    def is_exact(self) -> bool:
        """Whether the prefix is the stack's own name: an event rule's pattern relies on it."""
        return self.prefix == f"{self.stack}-"

    def of(self, kind: JobKind, production: str, id_: str) -> str:
        hashed = digest(f"{self._bucket}:{production}:{id_}", 16)
        return f"{self.prefix}{JOB_NAMES[kind]}-{hashed}"

    def kind(self, name: str) -> JobKind | None:
        """The kind of a job of this stack; None for every other name."""
        rest = name.removeprefix(self.prefix) if name.startswith(self.prefix) else ""
        for kind, word in JOB_NAMES.items():
            if re.fullmatch(rf"{word}-[0-9a-f]{{16}}", rest):
                return kind
        return None

    def tags(self, kind: JobKind, production: str, id_: str) -> list[dict[str, str]]:
        pairs = {**ownership_tags(self.stack, production, id_), KIND_TAG: kind}
        return [{"Key": key, "Value": value} for key, value in pairs.items()]
