"""Edit lists of MP4 say which span of a track is shown."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import pytest
from drawn.films import draw_film

from onmodel.errors import FilmRefused
from onmodel.video.inspection.film import inspect_film

MEDIA_TIME_AT = 16  # bytes after the name of a list with one entry
NOTHING, AFTER_THE_END = -1, 10_000_000  # ticks
TICKS_A_SECOND = 19_200


@pytest.fixture(scope="module", params=["libx264", "mpeg4"])
def film(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path: Path = tmp_path_factory.mktemp("edits") / "film.mp4"
    draw_film(path, seconds=2, size=(160, 96), gop=12, codec=request.param)
    return path.read_bytes()


def with_media_time(film: bytes, ticks: int) -> bytes:
    """The film; its edit list shows it from a tick on."""
    at = film.index(b"elst") + MEDIA_TIME_AT
    return film[:at] + struct.pack(">i", ticks) + film[at + 4 :]


@pytest.mark.parametrize("ticks", [NOTHING, AFTER_THE_END])
def test_inspect_film_when_its_edit_list_hides_every_picture_then_refused_with_why(
    film: bytes, ticks: int
) -> None:
    body = with_media_time(film, ticks)
    with pytest.raises(FilmRefused) as refused:
        inspect_film(io.BytesIO(body), size_bytes=len(body))
    assert refused.value.reason == "the film's edit list hides every picture of it"


def test_inspect_film_when_its_edit_list_begins_later_then_prepared(film: bytes) -> None:
    body = with_media_time(film, TICKS_A_SECOND)
    found = inspect_film(io.BytesIO(body), size_bytes=len(body))
    assert found.facts.duration_seconds == pytest.approx(1, abs=0.1)
