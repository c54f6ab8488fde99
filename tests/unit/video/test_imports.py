"""Sampling loads no further library: importing numpy.ma alone would take a tenth of a second."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from drawn.films import draw_film

SAMPLE = """
import sys
from onmodel.video import sample_frames
before = set(sys.modules)
assert list(sample_frames(sys.argv[1]))
print(*sorted(set(sys.modules) - before))
"""


def test_sample_frames_when_first_called_then_nothing_is_imported(tmp_path: Path):
    film = draw_film(tmp_path / "a.mp4", seconds=3, size=(96, 64), gop=24)
    done = subprocess.run(
        [sys.executable, "-c", SAMPLE, str(film.path)], check=True, capture_output=True, text=True
    )
    assert done.stdout.split() == []
