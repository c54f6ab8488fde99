from __future__ import annotations

import numpy as np
import pytest
from drawn.films import DrawnFilm
from fakes.clock import FixedClock
from fakes.films_in_memory import FilmsInMemory
from fakes.labels import FakeLabels, figure
from fakes.object_store import InMemoryObjectStore
from fakes.registry import InMemoryRegistry
from fakes.sampled_chunks import OTHER, sampled, store_chunks

from onmodel.contracts.crops import Crop, Rejected, RejectReason
from onmodel.contracts.films import RunRequest
from onmodel.contracts.keys import FilmKeys
from onmodel.contracts.review import PostedCorrection
from onmodel.contracts.sampling_settings import DeduplicationSettings
from onmodel.contracts.settings import Settings
from onmodel.films.corrections import read_corrections, save_corrections
from onmodel.films.near_duplicates import SampledChunk, join_shots, kept_crops
from onmodel.formats.jsonl import read_lines
from onmodel.formats.npy import from_npy
from onmodel.steps.deduplicate_film import deduplicate_film
from onmodel.trainers.catalogue import common_limits


def shots_of(chunks: list[SampledChunk]) -> list[list[int]]:
    return [[crop.shot for crop in chunk.crops] for chunk in join_shots(chunks)]


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
        run.production, [told], registry=registry, clock=FixedClock(), limits=common_limits()
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
