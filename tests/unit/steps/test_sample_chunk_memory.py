"""What the function holds at most: decoders, pictures that wait for paid answers, libraries."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from drawn.films import draw_film
from waiting import PATIENCE_SECONDS

SAMPLE = """
import sys, time
from pathlib import Path
import boto3
from fakes.labels import FakeLabels, figure
from fakes.films_in_memory import FilmsInMemory

class Slow(FakeLabels):
    def detect(self, jpeg):
        time.sleep(0.3)  # as a call over the network: pictures pile up meanwhile
        return super().detect(jpeg)

world = FilmsInMemory(Slow((figure(0.3, 0.2, 0.3, 0.6),)))
world.upload("bunny/settings.yaml", b"sampling: {interval_seconds: 0.1, unchanged_difference: 0}")
world.route(world.upload("bunny/films/large.mp4", Path(sys.argv[1]).read_bytes()))
run = world.started()
for chunk in world.probe(run):
    world.sample(run, chunk)
print(len(world.detector.pictures))
print(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peaks are read from /proc")
@pytest.mark.parametrize(("size", "limit_megabytes"), [((1920, 1080), 420), ((3840, 2160), 900)])
def test_sample_when_film_is_large_then_memory_stays_below_what_the_function_is_given(
    tmp_path: Path, size: tuple[int, int], limit_megabytes: int
) -> None:
    film = draw_film(
        tmp_path / "large.mp4",
        seconds=2,
        size=size,
        fps=12,
        gop=12,
        options={"preset": "ultrafast"},
    )
    done = subprocess.run(
        [sys.executable, "-c", SAMPLE, str(film.path)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        timeout=PATIENCE_SECONDS,
    )
    paid, kilobytes = done.stdout.split()
    assert int(paid) == 4  # of 20 frames of one shot
    assert int(kilobytes) / 1024 < limit_megabytes
