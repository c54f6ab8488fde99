"""What a threshold would keep, from stored vectors, is what a new run with it keeps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from fakes.clock import FixedClock
from fakes.object_store import InMemoryObjectStore
from fakes.registry import InMemoryRegistry
from fakes.sampled_chunks import sampled, store_chunks
from hypothesis import given, settings
from hypothesis import strategies as st

from onmodel.contracts.crops import Crop, Rejected, RejectReason
from onmodel.contracts.film_rows import FilmBody, RunStatus
from onmodel.contracts.films import RunRequest
from onmodel.contracts.keys import FilmKeys
from onmodel.contracts.sampling_settings import DeduplicationSettings
from onmodel.contracts.settings import Settings
from onmodel.films.near_duplicates import FilmsNearDuplicates, SampledChunk, without_mixtures
from onmodel.formats.jsonl import read_lines
from onmodel.registry.kinds import FILMS
from onmodel.steps.deduplicate_film import deduplicate_film
from onmodel.video.sampling.mixtures import SmallPicture, borders_of


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.floats(0.4, 0.999), min_size=1, max_size=12),
    st.floats(0.5, 1.0),
    st.floats(0.5, 1.0),
)
def test_near_duplicates_when_at_another_threshold_then_as_a_new_run_with_it(
    cosines: list[float], before: float, threshold: float
) -> None:
    studio, registry = InMemoryObjectStore("studio"), InMemoryRegistry()
    run = store_chunks(studio, cosines, chosen(before))
    deduplicate_film(RunRequest(run=run), studio=studio, registry=registry)
    body = FilmBody(title="a.mp4", source=run.source, size_bytes=1, run=run)
    FILMS.create(
        registry, run.production, run.film_id,
        status=RunStatus.PREPARED, body=body, now=FixedClock()(),
    )  # fmt: skip
    films = FilmsNearDuplicates.read(run.production, registry=registry, studio=studio)
    found = films.at(chosen(threshold).deduplication)

    keys = FilmKeys.of(run)
    studio.put(keys.settings, chosen(threshold).model_dump_json().encode(), "application/json")
    deduplicate_film(RunRequest(run=run), studio=studio, registry=registry)
    kept = [crop.crop_id for crop in read_lines(Crop, studio.get(keys.crops))]
    dropped = read_lines(Rejected, studio.get(keys.rejected))
    assert (found.kept, found.of) == (len(kept), len(cosines) + 1)
    assert {(crop, group[0]) for group in found.groups for crop in group[1:]} == {
        (line.crop_id, line.kept_instead) for line in dropped
    }
    assert {group[0] for group in found.groups} <= set(kept)


def chosen(threshold: float) -> Settings:
    return Settings(deduplication=DeduplicationSettings(threshold=threshold))


def test_near_duplicates_when_a_films_samples_are_gone_then_it_is_left_out() -> None:
    studio, registry = InMemoryObjectStore("studio"), InMemoryRegistry()
    run = store_chunks(studio, [0.9], chosen(0.9))
    body = FilmBody(title="a.mp4", source=run.source, size_bytes=1, run=run)
    FILMS.create(
        registry, run.production, run.film_id,
        status=RunStatus.PREPARED, body=body, now=FixedClock()(),
    )  # fmt: skip
    studio.delete_prefix(FilmKeys.of(run).samples)
    films = FilmsNearDuplicates.read(run.production, registry=registry, studio=studio)
    assert (films.films, films.at(chosen(0.9).deduplication).of) == ({}, 0)


def test_without_mixtures_when_a_dissolve_lies_on_a_border_then_its_crops_are_rejected() -> None:
    first, last = np.random.default_rng(1).uniform(20, 230, (2, 18, 32)).repeat(5, 1).repeat(5, 2)
    left = at_second(0, first), at_second(1, (first + last) / 2)
    chunks = [bordered(0, left), bordered(1, (at_second(2, last),))]
    one, other = without_mixtures(chunks)
    assert [crop.timecode_seconds for crop in one.crops] == [0]
    assert one.vectors.shape == (1, 4)
    assert [(line.reason, line.crop_id) for line in one.rejected] == [(RejectReason.FADE, "0-1")]
    assert other.crops == chunks[1].crops


def at_second(seconds: float, luma: npt.NDArray[np.float64]) -> SmallPicture:
    return SmallPicture.of(seconds, luma.astype(np.float32))


def bordered(index: int, samples: tuple[SmallPicture, ...]) -> SampledChunk:
    """A chunk with one crop of each sample."""
    chunk = sampled(index, len(samples))
    crops = tuple(
        crop.model_copy(update={"timecode_seconds": each.seconds})
        for crop, each in zip(chunk.crops, samples, strict=True)
    )
    borders = borders_of(samples, samples)
    result = chunk.result.model_copy(update={"borders": borders})
    return replace(chunk, crops=crops, result=result)
