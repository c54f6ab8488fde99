from __future__ import annotations

import pytest
from fakes.object_store import InMemoryObjectStore

from onmodel.contracts.base import ObjectRef
from onmodel.errors import FilmRefused
from onmodel.films.source import open_film


def test_film_when_deleted_while_it_is_read_then_refused_with_its_name() -> None:
    uploads = InMemoryObjectStore("uploads")
    uploads.put("bunny/films/a.mp4", bytes(100_000), "video/mp4")
    source = ObjectRef(bucket="uploads", key="bunny/films/a.mp4")
    film = open_film(uploads, source, 100_000)
    assert film.read(4) == bytes(4)
    uploads.delete_prefix("bunny/")
    with pytest.raises(FilmRefused, match=r"a\.mp4 was deleted\. Upload it again"):
        open_film(uploads, source, 100_000).read(4)
