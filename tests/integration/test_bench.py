from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from drawn.cast import cast_film
from drawn.films import draw_film
from waiting import PATIENCE_SECONDS

from onmodel.contracts.settings import Settings

BENCHES = Path(__file__).parents[2] / "bench"
BENCH = BENCHES / "sampling.py"


def test_bench_sampling_when_own_film_then_rows_of_every_method_and_a_table(tmp_path: Path):
    film = draw_film(tmp_path / "own.mp4", seconds=4, size=(160, 96), gop=24)
    rows_file, table = tmp_path / "rows.json", tmp_path / "table.md"
    command = [sys.executable, str(BENCH), "--films", str(film.path), "--rounds", "2"]
    command += ["--json", str(rows_file), "--markdown", str(table)]
    subprocess.run(command, check=True, timeout=PATIENCE_SECONDS)
    rows = json.loads(rows_file.read_text())
    assert set(rows[0]) == {
        "film", "codec", "method", "threads", "cpu_seconds", "wall_seconds", "peak_rss_mb",
        "bytes_read", "frames",
    }  # fmt: skip
    counts = Counter((row["method"], row["threads"]) for row in rows)
    assert set(counts.values()) == {2}
    assert {("limit", 1), ("onmodel", 1), ("onmodel", 2), ("opencv-read", 1)} <= set(counts)
    assert {row["frames"] for row in rows if row["method"] != "limit"} == {4}
    assert all(row["cpu_seconds"] > 0 and row["codec"] == "h264" for row in rows)
    assert "| onmodel, 2 threads |" in table.read_text()


def test_bench_dissolves_when_a_short_film_is_measured_then_each_half_has_its_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.syspath_prepend(str(BENCHES))
    dissolves = importlib.import_module("dissolves")
    monkeypatch.setattr(dissolves, "CACHE", tmp_path / "films")
    monkeypatch.setattr(dissolves, "SHOTS", 4)
    monkeypatch.setattr(dissolves, "SEEDS", {"tune": (1,), "report": (12,)})
    monkeypatch.setattr(sys, "argv", ["dissolves.py", "--json", str(tmp_path / "rows.json")])
    dissolves.main()
    rows = json.loads((tmp_path / "rows.json").read_text())
    printed = capsys.readouterr().out.splitlines()[2:]
    for half, row, line in zip(("tune", "report"), rows, printed, strict=True):
        names = ("films", "shown", "dropped", "good", "lost")
        assert line == "| " + " | ".join(str(row[name]) for name in names) + " |"
        assert row["films"] == half
        assert row["shown"] >= row["dropped"] > 0
        assert row["good"] > row["lost"] == 0


def test_bench_characters_when_names_are_true_then_all_right_and_when_one_is_not_then_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.syspath_prepend(str(BENCHES))
    films = importlib.import_module("characters_films")
    characters = importlib.import_module("characters")
    monkeypatch.setattr(films, "CACHE", tmp_path)
    film = cast_film(3, seconds=12)
    source = characters.Ideal()
    found = source.sample(film, Settings(), every_frame=True)
    crops = found.result.crops
    shown = [films.shown_by(film, crop) for crop in crops]
    true = [truth.name if truth else None for truth in shown]
    places = list(range(len(crops)))
    score = characters.score(film, found, characters.Outcome(places, true))
    assert score.wrong == 0
    assert 0.8 * score.cast <= score.found == score.right < score.cast  # some boxes are missing
    answer = characters.by_tracks(film, found, Settings(), source)
    ideal = characters.score(film, found, answer)
    assert (ideal.wrong, ideal.strangers_named) == (0, 0)
    assert ideal.right >= 0.9 * ideal.found
    assert score.duplicates > 0
    followed = source.sample(film, Settings(), every_frame=False)
    fewer = characters.score(
        film, followed, characters.by_tracks(film, followed, Settings(), source)
    )
    assert fewer.asked < 0.6 * ideal.asked
    assert fewer.right > ideal.right
    nobody = [None] * len(crops)
    score = characters.score(film, found, characters.Outcome([0] * len(crops), nobody))
    assert (score.right, score.wrong, score.kept, score.duplicates) == (0, 0, 1, 0)
    other = ["Nobody" if name else None for name in true]
    assert characters.score(film, found, characters.Outcome(places, other)).wrong > 0


@pytest.mark.parametrize("kind", ["spread", "concentrated"])
def test_bench_duplicates_when_few_rows_then_one_of_four_is_kept_and_all_is_measured(
    kind: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.syspath_prepend(str(BENCHES))
    duplicates = importlib.import_module("duplicates")
    monkeypatch.setattr(duplicates, "DIMENSIONS", 128)
    monkeypatch.setattr(duplicates, "EVERY", 2)
    row = duplicates.measure(kind, 4096)
    assert (row.vectors, row.rows, row.kept, row.width) == (kind, 4096, 1024, 128)
    assert row.vectors_mb == 2
    assert row.cpu_seconds > 0
    assert row.in_full_cpu_seconds > 0
    assert row.limit_cpu_seconds > 0
