from __future__ import annotations

import html
from collections import Counter
from pathlib import Path

from drawn.films import DrawnFilm, draw_film
from fakes.films_in_memory import FilmsInMemory
from fakes.labels import FakeLabels, figure

from onmodel.contracts.base import Usage
from onmodel.contracts.crops import Crop, Naming, Rejected
from onmodel.contracts.films import Chunk, ChunkResult, FilmSummary, RunRequest
from onmodel.contracts.keys import FilmKeys
from onmodel.formats.jsonl import read_lines
from onmodel.money.pricebook import PriceBook
from onmodel.steps.report_film import paid_by, report_film

CHUNK = ChunkResult(
    index=0,
    frames=60,
    crops=30,
    rejected=30,
    run_id="first-run",
    usage=(Usage(item="rekognition.detect-labels", paid=50, reused=5),),
)


def test_paid_by_when_this_run_sampled_the_chunk_counts_what_it_paid() -> None:
    assert paid_by("first-run", CHUNK) == list(CHUNK.usage)


def test_paid_by_when_an_earlier_run_sampled_the_chunk_counts_all_as_reused() -> None:
    assert paid_by("second-run", CHUNK) == [
        Usage(item="rekognition.detect-labels", paid=0, reused=55)
    ]


def test_report_when_a_film_is_prepared_then_its_summary_agrees_with_what_was_stored(
    drawn: DrawnFilm,
) -> None:
    world = FilmsInMemory(FakeLabels((figure(0.3, 0.2, 0.3, 0.6),)))
    world.upload(
        "bunny/settings.yaml",
        b"sampling: {chunk_seconds: 5}\n"
        b"deduplication: {threshold: 0.6, visible_change: 255}\n"
        b"naming: {threshold: 0.99}\n",
    )
    world.route(world.upload("bunny/films/drawn.mp4", drawn.path.read_bytes()))
    run = world.started()
    world.prepare(run)
    keys = FilmKeys.of(run)
    shown = read_lines(Crop, world.studio.get(keys.crops))[0]
    world.route(world.upload("bunny/characters/Mira/1.jpg", world.studio.get(shown.key)))
    world.name(run)
    report_film(
        RunRequest(run=run),
        studio=world.studio,
        prices=PriceBook.load(),
        clock=world.clock,
        notices=("All of this is simulated",),
    )
    crops = read_lines(Crop, world.studio.get(keys.crops))
    names = read_lines(Naming, world.studio.get(keys.names))
    rejected = read_lines(Rejected, world.studio.get(keys.rejected))
    chunks = [
        ChunkResult.model_validate_json(world.studio.get(keys.chunk(chunk.index).done))
        for chunk in read_lines(Chunk, world.studio.get(keys.chunks))
    ]
    summary = FilmSummary.model_validate_json(world.studio.get(keys.summary))
    assert summary.model_dump(include=set(run.model_dump())) == run.model_dump(
        include=set(summary.model_dump())
    )
    assert (summary.production, summary.title) == ("bunny", "drawn.mp4")
    assert summary.crops_kept == len(crops) > 1
    assert summary.crops_found == sum(chunk.crops for chunk in chunks)
    assert summary.frames == sum(chunk.frames for chunk in chunks) > summary.crops_kept
    assert summary.rejected == Counter(line.reason for line in rejected)
    assert summary.named == Counter(name.character or "" for name in names)
    assert set(summary.named) == {"mira", ""}
    assert summary.threshold is not None
    assert (summary.threshold.similarity, summary.threshold.measured) == (0.99, False)
    assert summary.notices == ("All of this is simulated",)
    assert summary.prepared_at == world.clock()
    page = world.studio.get(f"{keys.run}/report/index.html").decode()
    assert "drawn.mp4" in page and "All of this is simulated" in page
    assert f", track {crops[0].track}, quality" in page


def test_report_when_a_part_of_the_file_was_not_read_then_summary_and_page_say_so(
    drawn: DrawnFilm, tmp_path: Path
) -> None:
    world = FilmsInMemory(FakeLabels((figure(0.3, 0.2, 0.3, 0.6),)))
    other = draw_film(tmp_path / "other.mkv", seconds=2)
    body = drawn.path.read_bytes() + other.path.read_bytes()
    world.route(world.upload("bunny/films/joined.mp4", body))
    run = world.started()
    world.prepare(run)
    keys = FilmKeys.of(run)
    summary = FilmSummary.model_validate_json(world.studio.get(keys.summary))
    (notice,) = [each for each in summary.notices if "joined end to end" in each]
    assert notice in html.unescape(world.studio.get(keys.report).decode())


def test_report_when_recordings_were_joined_then_crops_of_both_are_kept(tmp_path: Path) -> None:
    film = draw_film(tmp_path / "part.ts", seconds=6, gop=24, shot_seconds=1.5, size=(1280, 720))
    world = FilmsInMemory(FakeLabels((figure(0.3, 0.2, 0.3, 0.6),)))
    world.upload("bunny/settings.yaml", b"sampling: {chunk_seconds: 5}\n")
    world.route(world.upload("bunny/films/joined.ts", film.path.read_bytes() * 2))
    run = world.started()
    world.prepare(run)
    keys = FilmKeys.of(run)
    chunks = read_lines(Chunk, world.studio.get(keys.chunks))
    found = [
        crop
        for chunk in chunks
        for crop in read_lines(Crop, world.studio.get(keys.chunk(chunk.index).crops))
    ]
    assert chunks[-1].end_seconds > 11.9
    assert len({crop.crop_id for crop in found}) == len(found)
    times = [crop.timecode_seconds for crop in found]
    assert min(times) < 2
    assert max(times) > 10
    assert FilmSummary.model_validate_json(world.studio.get(keys.summary)).lost_seconds == ()
