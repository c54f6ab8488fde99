from __future__ import annotations

import base64

import pytest
from fakes.object_store import InMemoryObjectStore

from onmodel.contracts.crops import Thumbnail
from onmodel.contracts.keys import FilmKeys
from onmodel.errors import NotFound
from onmodel.films.thumbnails import ThumbnailFile, copy_thumbnails
from onmodel.formats.jsonl import write_lines

KEYS = FilmKeys("bunny", "film-00000001", "s", "r")


def stored(chunks: dict[int, dict[str, bytes]]) -> InMemoryObjectStore:
    studio = InMemoryObjectStore()
    for index, pictures in chunks.items():
        lines = [
            Thumbnail(id=name, jpeg=base64.b64encode(jpeg).decode())
            for name, jpeg in pictures.items()
        ]
        studio.put(KEYS.chunk(index).thumbnails, write_lines(lines), "application/jsonl")
    return studio


def test_thumbnail_file_when_pictures_are_added_then_each_is_read_by_its_id() -> None:
    with ThumbnailFile() as kept:
        for name in ("a", "b", "c"):
            kept.add(name, name.encode() * 1000)
        assert kept["b"] == b"b" * 1000
        kept.add("d", b"last")
        assert (kept["a"], kept["d"]) == (b"a" * 1000, b"last")
        assert kept.get("e") is None
        assert ("c" in kept, "e" in kept, len(kept)) == (True, False, 4)


def test_thumbnail_file_when_an_id_is_added_twice_then_the_last_one_counts() -> None:
    with ThumbnailFile() as kept:
        kept.add("a", b"first")
        kept.add("a", b"second one")
        assert dict(kept) == {"a": b"second one"}


def test_copy_when_nothing_is_chosen_then_all_of_the_chunks() -> None:
    studio = stored({0: {"a": b"A", "frame-000001000": b"F"}, 1: {"b": b"B"}, 2: {"c": b"C"}})
    with ThumbnailFile() as kept:
        copy_thumbnails(KEYS, [0, 1], studio, to=kept)
        assert dict(kept) == {"a": b"A", "frame-000001000": b"F", "b": b"B"}


def test_copy_when_ids_are_wanted_then_only_those() -> None:
    studio = stored({0: {"a": b"A", "frame-000001000": b"F"}})
    with ThumbnailFile() as kept:
        copy_thumbnails(KEYS, [0], studio, to=kept, wanted={"a", "z"})
        assert dict(kept) == {"a": b"A"}


def test_copy_when_a_chunk_has_none_then_not_found() -> None:
    with ThumbnailFile() as kept, pytest.raises(NotFound):
        copy_thumbnails(KEYS, [7], stored({}), to=kept)
