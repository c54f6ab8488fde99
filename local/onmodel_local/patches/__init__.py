"""The patches that the design's small dialect needs of ministack, each with its reason.

Parts follow ministack's code closely: MIT, Copyright (c) 2026 MiniStack Contributors (see NOTICE).
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable

from onmodel_local.patches import (
    cloudformation,
    events,
    functions,
    machines,
    maps,
    objects,
    permissions,
    schedules,
    tokens,
)
from onmodel_local.patches.upstream import PINNED_VERSION, PatchOutdatedError

PATCHES: tuple[Callable[[], None], ...] = (
    *functions.PATCHES,
    *objects.PATCHES,
    *events.PATCHES,
    *machines.PATCHES,
    *maps.PATCHES,
    *cloudformation.PATCHES,
    *permissions.PATCHES,
    *schedules.PATCHES,
    *tokens.PATCHES,
)


def apply_all() -> None:
    """Apply every patch, once per process.

    Raises:
        PatchOutdatedError: another ministack is installed than the patches were written against.
    """
    installed = importlib.metadata.version("ministack")
    if installed != PINNED_VERSION:
        raise PatchOutdatedError(f"ministack {installed} is installed, not {PINNED_VERSION}")
    for patch in PATCHES:
        patch()
