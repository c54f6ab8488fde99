"""What `onmodel status` says of things that are being worked on."""

from __future__ import annotations

from fakes.clock import START
from fakes.films_in_memory import MACHINE, FilmsInMemory, run_of

from onmodel.contracts.films import Chunk, ChunkResult
from onmodel.contracts.keys import DatasetKeys, FilmKeys
from onmodel.contracts.rows import DatasetBody, DatasetStatus
from onmodel.formats.jsonl import write_lines
from onmodel.overview.lines import look
from onmodel.registry.kinds import DATASETS
from onmodel_cli.overview import progress_in


def answer(world: FilmsInMemory) -> str:
    (line,) = look(world.registry, None, START, progress_in(world.studio))
    return line.what


def test_look_when_a_film_is_sampled_then_says_how_many_parts_are_done() -> None:
    world, run = FilmsInMemory(), run_of()
    world.executions.start(MACHINE, f"{run.run_id}-{run.attempt}", {})
    world.claim(run)
    assert answer(world) == "a.mp4; reading the film"
    keys = FilmKeys.of(run)
    chunks = [Chunk(index=n, start_seconds=n * 60, end_seconds=n * 60 + 60) for n in range(2)]
    world.studio.put(keys.chunks, write_lines(chunks), "x")
    done = ChunkResult(index=0, frames=60, crops=30, rejected=5)
    world.studio.put(keys.chunk(0).done, done.model_dump_json().encode(), "x")
    assert answer(world) == "a.mp4; looking at frames, 1 of 2 parts done"
    world.studio.put(keys.chunk(1).done, done.model_dump_json().encode(), "x")
    assert answer(world) == "a.mp4; dropping near-duplicates"


def test_look_when_pictures_are_captioned_then_says_how_many_are() -> None:
    world = FilmsInMemory()
    body = DatasetBody(
        generation_id="g0001", correlation_id="c", pictures=12, named={"buck": 12},
        films=("bbb-1",), to_caption_key="k", captions_needed=10, quoted_for="training",
    )  # fmt: skip
    dataset = "bunny", "d0001-7be1d2f0"
    DATASETS.create(world.registry, *dataset, status=DatasetStatus.ASSEMBLED, body=body, now=START)
    world.studio.put(DatasetKeys("bunny", "d0001-7be1d2f0").caption("c-1"), b"{}", "x")
    assert answer(world) == "12 pictures of 1 film; 1 of them captioned"
    DATASETS.put(world.registry, *dataset, status=DatasetStatus.READY, body=body, now=START)
    assert answer(world) == "12 pictures of 1 film"
