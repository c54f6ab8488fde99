"""By which name and tags a stack's own jobs and models are known, at every trainer's service."""

from __future__ import annotations

import re
from collections.abc import Mapping

from onmodel.contracts.keys import fit

STACK_TAG = "onmodel:stack"
PRODUCTION_TAG = "onmodel:production"
ID_TAG = "onmodel:id"

STACK_LIMIT = 30
"""Characters of a stack's name in names of 63: the rest is for what is trained."""


def name_prefix(stack: str) -> str:
    """`<stack>-`, in letters, digits and single hyphens, and cut where the stack's name is long."""
    return f"{fit(plain(stack), STACK_LIMIT)}-"


def ownership_tags(stack: str, production: str, id_: str) -> Mapping[str, str]:
    return {STACK_TAG: stack, PRODUCTION_TAG: production, ID_TAG: id_}


def plain(text: str) -> str:
    """Letters, digits and single hyphens, none at the ends."""
    return re.sub("[^0-9a-zA-Z]+", "-", text).strip("-")
