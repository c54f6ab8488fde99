"""Memory does not grow with a film's length, even if it has a single group of pictures."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from drawn.films import draw_film

PEAK = """
import sys
from pathlib import Path
from onmodel.video import inspect_film, sample_frames
path = Path(sys.argv[1])
with path.open("rb") as file:
    packets = inspect_film(file, size_bytes=path.stat().st_size).packets
    for by_table in (packets, None):
        frames = sum(1 for _ in sample_frames(file, 0.2, packets=by_table))
print(frames, Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
"""


def peak_megabytes(path: Path) -> tuple[int, float]:
    done = subprocess.run(
        [sys.executable, "-c", PEAK, str(path)],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    frames, kilobytes = done.stdout.split()
    return int(frames), int(kilobytes) / 1024


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peaks are read from /proc")
def test_sample_frames_when_film_is_longer_then_memory_is_the_same(films: Path):
    shape = {"size": (256, 144), "options": {"x264-params": "keyint=infinite:scenecut=0"}}
    short = draw_film(films / "short.mp4", seconds=3, **shape)
    long = draw_film(films / "long.mp4", seconds=18, **shape)
    few, small = peak_megabytes(short.path)
    many, large = peak_megabytes(long.path)
    assert (few, many) == (15, 90)
    # the 75 additional frames of 256 × 144 take 8 MB, all decoded pictures 20 MB
    assert large - small < 6
