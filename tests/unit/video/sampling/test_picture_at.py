from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drawn.films import draw_film
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onmodel.video import PacketTable, inspect_film, picture_at, sample_frames

HELD = (0.0, 1.5, 4.25, 9.0, 9.5)
FILMS: dict[str, dict[str, Any]] = {
    "held.mp4": {"times": HELD, "gop": 2, "options": {"bf": "0"}},
    "held.mkv": {"times": HELD, "gop": 3},
    "pyramid.mp4": {"gop": 250, "options": {"bf": "4"}},
    "stream.ts": {"gop": 24, "options": {"bf": "2"}},
    "open.mp4": {"gop": 24, "options": {"x264-params": "open-gop=1:bframes=3:keyint=24"}},
}  # fmt: skip


@pytest.fixture(scope="module")
def library(films: Path) -> dict[str, tuple[bytes, PacketTable, list[tuple[float, np.ndarray]]]]:
    made = {}
    for name, how in FILMS.items():
        path = films / f"at-{name}"
        draw_film(path, **{"seconds": 3, "size": (128, 80), "shot_seconds": 0.7, **how})
        body = path.read_bytes()
        table = inspect_film(io.BytesIO(body), size_bytes=len(body)).packets
        shown = [(frame.timecode_seconds, frame.pixels) for frame in sample_frames(path, 0.001)]
        made[name] = (body, table, shown)
    return made


@pytest.mark.parametrize("name", FILMS)
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(place=st.floats(0, 0.999) | st.sampled_from([0.0, 0.9999]))
def test_picture_at_when_between_two_pictures_then_the_one_that_is_on_the_screen(
    library, name, place
):
    body, table, shown = library[name]
    seconds = place * table.duration_seconds
    frame = picture_at(io.BytesIO(body), seconds, table)
    assert frame is not None
    begun = [each for each in shown if each[0] <= seconds + 0.0005]
    time, pixels = begun[-1] if begun else shown[0]
    assert frame.timecode_seconds == pytest.approx(time)
    assert np.array_equal(frame.pixels, pixels)


def test_picture_at_when_the_time_is_rounded_to_milliseconds_then_the_picture_of_that_time(library):
    body, table, shown = library["pyramid.mp4"]
    for time, pixels in shown[::7]:
        frame = picture_at(io.BytesIO(body), round(time, 3), table)
        assert frame is not None
        assert np.array_equal(frame.pixels, pixels)


@pytest.mark.parametrize("name", FILMS)
def test_picture_at_when_the_film_is_over_then_none(library, name):
    body, table, _ = library[name]
    assert picture_at(io.BytesIO(body), table.duration_seconds, table) is None
    assert picture_at(io.BytesIO(body), -1.0, table) is None
    last = picture_at(io.BytesIO(body), table.duration_seconds - 0.001, table)
    assert last is not None
