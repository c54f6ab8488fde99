from pathlib import Path

import pytest
from drawn.films import DrawnFilm, draw_film


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> DrawnFilm:
    """Twelve seconds, three shots, a figure or more in each, and a black second."""
    path: Path = tmp_path_factory.mktemp("films") / "drawn.mp4"
    return draw_film(path, seconds=12, size=(640, 360), fps=12, gop=24)
