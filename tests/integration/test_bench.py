from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

from drawn.films import draw_film

BENCH = Path(__file__).parents[2] / "bench" / "sampling.py"


def test_bench_sampling_when_own_film_then_rows_of_every_method_and_a_table(tmp_path: Path):
    film = draw_film(tmp_path / "own.mp4", seconds=4, size=(160, 96), gop=24)
    rows_file, table = tmp_path / "rows.json", tmp_path / "table.md"
    command = [sys.executable, str(BENCH), "--films", str(film.path), "--rounds", "2"]
    subprocess.run(
        [*command, "--json", str(rows_file), "--markdown", str(table)], check=True, timeout=120
    )
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
