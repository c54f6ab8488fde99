"""Films that several test modules share, drawn once per session."""

from __future__ import annotations

from pathlib import Path

import pytest
from drawn.films import DrawnFilm, draw_film


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("films")


@pytest.fixture(scope="session")
def plain_film(films: Path) -> DrawnFilm:
    """10 s, four shots, sound, a keyframe every second."""
    return draw_film(
        films / "plain.mp4", seconds=10, size=(160, 96), gop=24, shot_seconds=2.5, sound=True
    )


@pytest.fixture(scope="session")
def flawed_film(films: Path) -> DrawnFilm:
    """16 s with bars, a black span, a fade and a still picture."""
    return draw_film(
        films / "flawed.mp4",
        seconds=16,
        size=(320, 200),
        bars=(20, 0),
        black=((3.0, 4.5),),
        fades=((5.0, 8.0),),
        still=((9.0, 11.9),),
    )
