"""The pictures that the review page shows, at addresses of this machine."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from onmodel.errors import NotFound
from onmodel.ports.storage import ObjectStore


class ServedPictures:
    """Addresses below the page's own: the files of the buckets, and sheets made here.

    Only what was announced is served.
    """

    def __init__(self) -> None:
        self._files: dict[str, tuple[ObjectStore, str]] = {}
        self._sheets: dict[str, Callable[[], bytes]] = {}
        self._made: dict[str, bytes] = {}

    def address(self, store: ObjectStore, key: str) -> str:
        """See `ReviewPictures.address`."""
        path = f"files/{store.bucket}/{key}"
        self._files[path] = (store, key)
        return quote(path)

    def sheet(self, production: str, name: str, make: Callable[[], bytes]) -> str:
        """See `ReviewPictures.sheet`; made when the browser asks for it."""
        path = f"sheets/{production}/{name}.jpg"
        self._sheets.setdefault(path, make)
        return quote(path)

    def read(self, path: str) -> bytes | None:
        """The picture at an address; None when none was announced, or it was deleted."""
        if path in self._sheets:
            if path not in self._made:
                self._made[path] = self._sheets[path]()
            return self._made[path]
        if path not in self._files:
            return None
        store, key = self._files[path]
        try:
            return store.get(key)
        except NotFound:
            return None
