from __future__ import annotations

import base64

from fakes.object_store import InMemoryObjectStore

from onmodel.contracts.crops import Thumbnail
from onmodel.films.review_sheets import PresignedPictures, stored_thumbnails
from onmodel.formats.jsonl import write_lines


def test_thumbnails_when_wanted_of_several_files_then_these_and_no_others() -> None:
    studio = InMemoryObjectStore("studio")
    for name in ("a", "b"):
        lines = [
            Thumbnail(
                id=f"{name}{number}", jpeg=base64.b64encode(f"{name}{number}".encode()).decode()
            )
            for number in range(12)
        ]
        studio.put(name, write_lines(lines), "application/jsonl")
    wanted = {"a1": "a", "a11": "a", "b2": "b", "gone": "b", "lost": "no-file"}
    assert stored_thumbnails(wanted, studio) == {"a1": b"a1", "a11": b"a11", "b2": b"b2"}


def test_sheet_when_it_was_stored_before_then_not_made_again() -> None:
    studio = InMemoryObjectStore("studio")
    pictures, made = PresignedPictures(studio), []

    def make() -> bytes:
        made.append(1)
        return b"jpeg"

    first, again = (pictures.sheet("bunny", "name", make) for _ in range(2))
    assert (first, made) == (again, [1])
    assert studio.get("bunny/review/name.jpg") == b"jpeg"
