"""How long one long shot takes in the step that finds near-duplicates, and how much memory.

    .venv/bin/python bench/long_shot.py --crops 1000

A drawn figure walks to and fro before a background that the camera moves, each second in another
pose or expression. All of its crops are alike by their vectors, so that each is compared with as
many pictures as ever one is. The real step runs on a bucket in memory. CPU seconds of one thread;
the memory is what the step takes beside the bucket.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import resource
import sys
import time
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import cv2
import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from drawn.cast import (  # tests are no package
    EXPRESSIONS,
    HEIGHT,
    WIDTH,
    CastFilm,
    _Act,
    _Shot,
    cast_film,
)
from fakes.films_in_memory import run_of
from fakes.object_store import InMemoryObjectStore
from fakes.registry import InMemoryRegistry

from onmodel.contracts.base import Box
from onmodel.contracts.crops import BackgroundMoved, Crop, Thumbnail
from onmodel.contracts.films import Chunk, ChunkResult, ChunkShots, Run, RunRequest
from onmodel.contracts.keys import FilmKeys
from onmodel.contracts.sampling_settings import CropSettings
from onmodel.contracts.settings import Settings
from onmodel.formats.jsonl import read_lines, write_lines
from onmodel.formats.npy import to_npy
from onmodel.steps.deduplicate_film import deduplicate_film
from onmodel.vision.cropping import cut_crop
from onmodel.vision.encoding import thumbnail
from onmodel.vision.geometry import crop_window

POSES = 4
CHUNK = 60  # crops
LASTS = 9  # seconds in which the camera crosses the scene
PAN = 10  # pixels a second
JITTER = 7  # pixels by which the edges of boxes differ
WHOLE = Box(left=0, top=0, width=WIDTH, height=HEIGHT)


def crops_of(count: int, seed: int = 5) -> tuple[list[Crop], list[Thumbnail]]:
    """One figure, a crop a second."""
    film, chance = cast_film(3), np.random.default_rng(seed)
    crops, thumbnails = [], []
    for number in range(count):
        second = number % LASTS
        pose = int(chance.integers(POSES)), EXPRESSIONS[int(chance.integers(len(EXPRESSIONS)))]
        across = WIDTH * (0.5 + 0.2 * np.sin(number / 20))
        act = _Act(film.cast[0], across, 0, ((0, *pose),), False)
        shot = _Shot(0, 0, LASTS, 1, "full", (1, 1, 1), PAN, (act,))
        scene = CastFilm(3, LASTS, film.cast, (), (shot,), 0)
        edges = np.array(scene.appearances(second)[0].box) + chance.integers(-JITTER, JITTER + 1, 4)
        left, top, right, bottom = (int(edge) for edge in edges)
        box = Box(left=left, top=top, width=right - left, height=min(HEIGHT, bottom) - top)
        window = crop_window(box, WHOLE, CropSettings())
        jpeg = thumbnail(cut_crop(scene.picture(second), window, CropSettings()))
        thumbnails.append(Thumbnail(id=str(number), jpeg=base64.b64encode(jpeg).decode()))
        crops.append(
            Crop(
                crop_id=str(number), film_id="a-00000001", timecode_seconds=number, shot=0,
                chunk=number // CHUNK, box=box, window=window, width=512, height=768,
                label="Cartoon", confidence=90, sharpness=50, quality=0.5, key="k",
                background=BackgroundMoved(since=0, across=-PAN * second),
            )
        )  # fmt: skip
    return crops, thumbnails


def vectors_of(count: int) -> npt.NDArray[np.float32]:
    """Unit vectors with cosines of about 0.94."""
    size = count, Settings().embedding.dimensions
    vectors = 1 + 0.25 * np.random.default_rng(1).standard_normal(size, np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def stored(studio: InMemoryObjectStore, count: int) -> Run:
    """A run whose film was sampled in chunks of a minute."""
    run = run_of("bunny/films/a.mp4")
    keys = FilmKeys.of(run)
    crops, thumbnails = crops_of(count)
    vectors = vectors_of(count)
    studio.put(keys.settings, Settings().model_dump_json().encode(), "application/json")
    chunks = [
        Chunk(index=start // CHUNK, start_seconds=start, end_seconds=start + CHUNK)
        for start in range(0, count, CHUNK)
    ]
    studio.put(keys.chunks, write_lines(chunks), "application/jsonl")
    for chunk in chunks:
        at = keys.chunk(chunk.index)
        part = slice(chunk.index * CHUNK, chunk.index * CHUNK + CHUNK)
        done = ChunkResult(
            index=chunk.index, frames=CHUNK, crops=CHUNK, rejected=0, shots=ChunkShots()
        )
        studio.put(at.done, done.model_dump_json().encode(), "application/json")
        studio.put(at.crops, write_lines(crops[part]), "application/jsonl")
        studio.put(at.vectors, to_npy(vectors[part]), "application/octet-stream")
        studio.put(at.rejected, b"", "application/jsonl")
        studio.put(at.thumbnails, write_lines(thumbnails[part]), "application/jsonl")
    return run


def measure(count: int) -> dict[str, float]:
    studio = InMemoryObjectStore("studio")
    run = stored(studio, count)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    deduplicate_film(RunRequest(run=run), studio=studio, registry=InMemoryRegistry())
    seconds = time.process_time() - began
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    kept = read_lines(Crop, studio.get(FilmKeys.of(run).crops))
    return {
        "crops": count,
        "kept": len(kept),
        "tracks": len({crop.track for crop in kept}),
        "cpu_seconds": round(seconds, 1),
        "cpu_milliseconds_a_crop": round(1000 * seconds / count, 1),
        "memory_mb": (most - before) // 1024,
    }


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--crops", type=int, default=1000)
    cv2.setNumThreads(1)
    print(json.dumps(measure(arguments.parse_args().crops)))


if __name__ == "__main__":
    main()
