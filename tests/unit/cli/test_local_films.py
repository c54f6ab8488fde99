from __future__ import annotations

from pathlib import Path

import pytest

from onmodel.errors import FilmRefused
from onmodel_cli.local_films import films_at, read_film


def test_films_at_when_a_folder_has_other_files_then_films_alone_are_taken(tmp_path: Path) -> None:
    names = (
        "b.MP4",
        "a/c.mov",
        "d.pictures.zip",
        "uv.lock",
        "e",
        "n.md",
        ".hidden/f.mp4",
        ".g.mp4",
    )
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = [path.relative_to(tmp_path).as_posix() for path in films_at([tmp_path])]
    assert found == ["a/c.mov", "b.MP4", "d.pictures.zip"]


def test_films_at_when_a_folder_has_no_film_then_names_it_in_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "uv.lock").touch()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FilmRefused) as refused:
        films_at([Path()])
    assert refused.value.reason == f"There is no film in the folder {tmp_path}"


def test_read_film_when_it_is_a_folder_then_says_so(tmp_path: Path) -> None:
    with pytest.raises(FilmRefused, match="is a folder"):
        read_film(tmp_path, "bunny")
