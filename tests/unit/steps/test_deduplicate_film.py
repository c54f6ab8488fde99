from __future__ import annotations

import math

import numpy as np
import pytest
from drawn.films import DrawnFilm
from fakes.clock import FixedClock
from fakes.films_in_memory import FilmsInMemory, run_of
from fakes.labels import FakeLabels, figure
from fakes.object_store import InMemoryObjectStore
from fakes.registry import InMemoryRegistry

from onmodel.contracts.base import Box
from onmodel.contracts.films import (
    Chunk,
    ChunkResult,
    ChunkShots,
    Crop,
    Rejected,
    RejectReason,
    Run,
    RunRequest,
    StoredSignature,
)
from onmodel.contracts.keys import FilmKeys
from onmodel.contracts.review import PostedCorrection
from onmodel.contracts.settings import DeduplicationSettings, Settings
from onmodel.films.corrections import read_corrections, save_corrections
from onmodel.films.near_duplicates import SampledChunk, join_shots, kept_crops
from onmodel.formats.jsonl import read_lines, write_lines
from onmodel.formats.npy import from_npy, to_npy
from onmodel.steps.deduplicate_film import deduplicate_film
from onmodel.video.shots.signatures import SIGNATURE_SIZE

ONE, OTHER = 1, 2  # seeds of pictures


def crop(chunk: int, shot: int) -> Crop:
    box = Box(left=0, top=0, width=9, height=9)
    return Crop(
        crop_id=f"{chunk}-{shot}",
        film_id="f",
        timecode_seconds=0,
        shot=shot,
        chunk=chunk,
        box=box,
        window=box,
        width=512,
        height=512,
        label="Person",
        confidence=90,
        sharpness=1,
        quality=1,
        key="k",
    )


def sampled(index: int, shots: int, seed: int = ONE) -> SampledChunk:
    """A chunk whose first and last look are a picture of that seed."""
    values = np.random.default_rng(seed).random(SIGNATURE_SIZE)
    look = StoredSignature(seconds=index, signature=tuple(values.tolist())) if shots else None
    answer = ChunkShots(cuts=max(0, shots - 1), first=look, last=look)
    result = ChunkResult(index=index, frames=1, crops=shots, rejected=0, shots=answer)
    crops = tuple(crop(index, shot) for shot in range(shots))
    return SampledChunk(result, crops, np.zeros((shots, 4), np.float32), (), ())


def shots_of(chunks: list[SampledChunk]) -> list[list[int]]:
    return [[crop.shot for crop in chunk.crops] for chunk in join_shots(chunks)]


def store_chunks(studio: InMemoryObjectStore, cosines: list[float], settings: Settings) -> Run:
    """A run of two chunks: the best crop in the first, and one of each cosine to it after it."""
    run = run_of("bunny/films/a.mp4")
    keys = FilmKeys.of(run)
    rows = np.zeros((len(cosines) + 1, settings.embedding.dimensions), np.float32)
    rows[0, 0] = 1
    for place, cosine in enumerate(cosines, start=1):
        rows[place, 0], rows[place, place] = cosine, math.sqrt(1 - cosine**2)
    crops = [
        crop(min(i, 1), i).model_copy(update={"quality": 1 / (i + 1)}) for i in range(len(rows))
    ]
    studio.put(keys.settings, settings.model_dump_json().encode(), "application/json")
    chunks = [Chunk(index=i, start_seconds=i, end_seconds=i + 1) for i in range(2)]
    studio.put(keys.chunks, write_lines(chunks), "application/jsonl")
    for chunk, part in zip(chunks, (slice(0, 1), slice(1, None)), strict=True):
        at = keys.chunk(chunk.index)
        done = sampled(chunk.index, 1).result
        studio.put(at.done, done.model_dump_json().encode(), "application/json")
        studio.put(at.crops, write_lines(crops[part]), "application/jsonl")
        studio.put(at.vectors, to_npy(rows[part]), "application/octet-stream")
        studio.put(at.rejected, b"", "application/jsonl")
        studio.put(at.thumbnails, b"", "application/jsonl")
    return run


@pytest.mark.parametrize("threshold", [0.55, 0.7, 0.92, 0.99])
def test_deduplicate_when_crops_are_alike_then_the_settings_threshold_decides(
    threshold: float,
) -> None:
    studio = InMemoryObjectStore("studio")
    cosines = [threshold - 0.004, threshold, threshold + 0.004]
    settings = Settings(deduplication=DeduplicationSettings(threshold=threshold))
    run = store_chunks(studio, cosines, settings)
    deduplicate_film(RunRequest(run=run), studio=studio, registry=InMemoryRegistry())
    keys = FilmKeys.of(run)
    kept = [one.crop_id for one in read_lines(Crop, studio.get(keys.crops))]
    dropped = read_lines(Rejected, studio.get(keys.rejected))
    assert kept == ["0-0", "1-1"]
    assert [(line.crop_id, line.kept_instead, line.detail) for line in dropped] == [
        (f"1-{place}", "0-0", f"similarity {cosines[place - 1]:.3f} to 0-0") for place in (2, 3)
    ]
    assert from_npy(studio.get(keys.vectors))[:, 0] == pytest.approx([1, cosines[0]])


def test_deduplicate_when_a_person_told_crops_apart_then_both_are_kept() -> None:
    studio, registry = InMemoryObjectStore("studio"), InMemoryRegistry()
    chosen = Settings(deduplication=DeduplicationSettings(threshold=0.9))
    run = store_chunks(studio, [0.95, 0.96], chosen)
    deduplicate_film(RunRequest(run=run), studio=studio, registry=registry)
    keys = FilmKeys.of(run)
    assert [one.crop_id for one in read_lines(Crop, studio.get(keys.crops))] == ["0-0"]
    told = PostedCorrection(crop_id="1-1", version=0, not_a_match=("0-0",))
    save_corrections(
        run.production, [told], registry=registry, clock=FixedClock(), longest_caption=1024
    )
    apart = read_corrections(run.production, registry).different_pairs()
    crops, vectors = kept_crops(keys, chosen, studio, apart)  # a dataset of the run as it is stored
    assert [one.crop_id for one in crops] == ["0-0", "1-1"]
    assert vectors[:, 0] == pytest.approx([1, 0.95])
    deduplicate_film(RunRequest(run=run), studio=studio, registry=registry)  # and a later run
    assert [one.crop_id for one in read_lines(Crop, studio.get(keys.crops))] == ["0-0", "1-1"]
    assert from_npy(studio.get(keys.vectors)) == pytest.approx(vectors)


def test_join_when_a_chunk_is_empty_then_counting_goes_on() -> None:
    assert shots_of([sampled(0, 2), sampled(1, 0), sampled(2, 1, OTHER)]) == [[0, 1], [], [2]]
    assert shots_of([sampled(0, 2), sampled(1, 0), sampled(2, 1)]) == [[0, 1], [], [1]]


def test_join_when_the_picture_is_the_same_over_the_border_then_one_shot(
    drawn: DrawnFilm,
) -> None:
    world = FilmsInMemory(FakeLabels((figure(0.3, 0.2, 0.3, 0.6),)))
    world.upload("bunny/settings.yaml", b"sampling: {chunk_seconds: 5}\n")
    world.route(world.upload("bunny/films/drawn.mp4", drawn.path.read_bytes()))
    run = world.started()
    for chunk in world.probe(run):
        world.sample(run, chunk)
    deduplicate_film(RunRequest(run=run), studio=world.studio, registry=world.registry)
    crops = read_lines(Crop, world.studio.get(FilmKeys.of(run).crops))
    for one in crops:
        truth = sum(cut <= one.timecode_seconds + 1e-6 for cut in drawn.cuts_seconds)
        assert one.shot == truth, one


def test_deduplicate_when_done_then_every_dropped_crop_names_a_kept_one_that_is_alike(
    drawn: DrawnFilm,
) -> None:
    world = FilmsInMemory(FakeLabels((figure(0.3, 0.2, 0.3, 0.6),)))
    world.upload("bunny/settings.yaml", b"deduplication: {threshold: 0.6, visible_change: 255}\n")
    world.route(world.upload("bunny/films/drawn.mp4", drawn.path.read_bytes()))
    run = world.started()
    for chunk in world.probe(run):
        world.sample(run, chunk)
    deduplicate_film(RunRequest(run=run), studio=world.studio, registry=world.registry)
    keys = FilmKeys.of(run)
    kept = {one.crop_id for one in read_lines(Crop, world.studio.get(keys.crops))}
    vectors = from_npy(world.studio.get(keys.vectors))
    similarity = vectors @ vectors.T - np.eye(len(vectors))
    assert similarity.max(initial=-1) < 0.6
    dropped = [
        line
        for line in read_lines(Rejected, world.studio.get(keys.rejected))
        if line.reason is RejectReason.NEAR_DUPLICATE
    ]
    assert dropped
    assert all(line.kept_instead in kept and line.crop_id not in kept for line in dropped)
