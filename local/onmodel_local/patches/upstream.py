"""Checks that ministack's source is the one that the patches were written against.

Every patched function is named with the digest of its source. When ministack changes one of them,
the local stack does not start and names it; `tests/unit/local/test_patches.py` finds it earlier.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

PINNED_VERSION = "1.5.33"


class PatchOutdatedError(RuntimeError):
    """Raised when ministack's code is not what a patch was written against."""


def digest_of(source: str) -> str:
    """The first 12 hex digits of SHA-256."""
    return hashlib.sha256(source.encode()).hexdigest()[:12]


def expect(holder: ModuleType | type, name: str, digest: str) -> Any:
    """The patched function, if its source still has this digest.

    Raises:
        PatchOutdatedError: the function changed or does not exist any more.
    """
    function = getattr(holder, name, None)
    place = f"{holder.__name__}.{name}"
    if function is None:
        raise PatchOutdatedError(f"{place} does not exist any more; a patch needs it")
    found = digest_of(inspect.getsource(function))
    if found != digest:
        raise PatchOutdatedError(
            f"{place} changed (source digest {found}, patched against {digest}): read it again,"
            " correct the patch and its digest"
        )
    return function


def replace(
    holder: ModuleType | type, name: str, digest: str
) -> Callable[[Callable[[Any], Callable[..., Any]]], None]:
    """Decorates a function that gets the original and returns what replaces it."""

    def install(make: Callable[[Any], Callable[..., Any]]) -> None:
        original = expect(holder, name, digest)
        # the wrapper keeps `__wrapped__`, so that inspect still finds the original's source
        setattr(holder, name, functools.wraps(original)(make(original)))

    return install
