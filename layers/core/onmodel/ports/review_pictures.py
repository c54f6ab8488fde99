"""The port to addresses of pictures: the review page loads them without its API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from onmodel.ports.storage import ObjectStore


class ReviewPictures(Protocol):
    """Gives addresses that a browser loads, for at least an hour."""

    def address(self, store: ObjectStore, key: str) -> str:
        """Of one object; whether it exists is not checked."""
        ...

    def sheet(self, production: str, name: str, make: Callable[[], bytes]) -> str:
        """Of a JPEG that `make` makes, unless it was made before under this name."""
        ...
