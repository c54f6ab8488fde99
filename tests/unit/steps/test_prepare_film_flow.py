"""PrepareFilm on services in memory: what a film comes to, and that nothing is paid for twice."""

from __future__ import annotations

import unicodedata

import pytest
from drawn.films import DrawnFilm
from fakes.caption_model import FakeCaptionModel
from fakes.films_in_memory import FilmsInMemory
from fakes.labels import FakeLabels, figure

from onmodel.contracts.crops import Crop, Naming, Rejected, RejectReason
from onmodel.contracts.film_rows import RunStatus
from onmodel.contracts.keys import FilmKeys
from onmodel.contracts.rows import GenerationBody, GenerationStatus
from onmodel.errors import RunClaimed
from onmodel.films.production import current_films
from onmodel.formats.jsonl import read_lines
from onmodel.formats.npy import from_npy
from onmodel.notifications.digests import DIGEST_INTERVAL
from onmodel.registry.kinds import FILMS, GENERATIONS, RUNS
from onmodel.vision.decoding import decode_picture

KEY = "bunny/films/drawn.mp4"
SHORT_CHUNKS = b"sampling: {chunk_seconds: 5}\n"


@pytest.fixture
def world() -> FilmsInMemory:
    return FilmsInMemory(FakeLabels((figure(0.3, 0.2, 0.3, 0.6),)))


def started_run(world: FilmsInMemory, drawn: DrawnFilm, settings: bytes = SHORT_CHUNKS):
    world.upload("bunny/settings.yaml", settings)
    answer = world.route(world.upload(KEY, drawn.path.read_bytes()))
    assert answer.outcome == "started"
    return world.started()


def test_prepare_when_film_is_good_then_crops_vectors_and_report_agree(
    world: FilmsInMemory, drawn: DrawnFilm
) -> None:
    run = started_run(world, drawn)
    summary = world.prepare(run)
    keys = FilmKeys.of(run)
    crops = read_lines(Crop, world.studio.get(keys.crops))
    vectors = from_npy(world.studio.get(keys.vectors))
    names = read_lines(Naming, world.studio.get(keys.names))
    assert len(crops) == len(vectors) == len(names) == summary.crops_kept > 0
    assert summary.frames == 12
    dropped = sum(summary.rejected.values())
    assert summary.crops_found == summary.crops_kept + summary.rejected.get(
        RejectReason.NEAR_DUPLICATE, 0
    )
    assert dropped == len(read_lines(Rejected, world.studio.get(keys.rejected)))
    picture = decode_picture(world.studio.get(crops[0].key)).pixels
    assert picture.shape[:2] == (crops[0].height, crops[0].width)
    assert min(picture.shape[:2]) >= 512
    assert b"<html" in world.studio.get(keys.report)
    figures = {(figure.name, figure.by): figure.value for figure in world.figures}
    assert figures["Frames", None] == summary.frames
    assert figures["CropsFound", None] == summary.crops_found
    assert figures["CropsKept", None] == summary.crops_kept
    assert figures.get(("Dollars", None)) == summary.estimated_usd
    assert sum(value for (name, _), value in figures.items() if name == "Dropped") == dropped


def test_prepare_when_done_then_film_is_recorded_and_one_mail_is_sent(
    world: FilmsInMemory, drawn: DrawnFilm
) -> None:
    run = started_run(world, drawn)
    world.prepare(run)
    world.notify("film_prepared", run)
    record = RUNS.require(world.registry, "bunny", run.run_id)
    assert (record.status, record.holder) == (RunStatus.PREPARED, None)
    assert FILMS.read(world.registry, "bunny", run.film_id) is not None
    assert [mail.correlation_id for mail in world.mailbox.mails] == ["upload-1"]


def test_prepare_when_same_event_comes_again_then_one_run(
    world: FilmsInMemory, drawn: DrawnFilm
) -> None:
    run = started_run(world, drawn)
    assert world.route(world.event(KEY)).outcome == "already_running"
    world.prepare(run)
    assert world.route(world.event(KEY, "upload-2")).outcome == "already_prepared"
    assert len(world.executions.payloads) == 1
    with pytest.raises(RunClaimed):
        world.claim(run)


def test_prepare_when_threshold_changes_then_no_call_is_paid_again(
    world: FilmsInMemory, drawn: DrawnFilm
) -> None:
    first = world.prepare(started_run(world, drawn))
    paid = len(world.detector.pictures)
    changed = SHORT_CHUNKS + b"deduplication: {threshold: 0.5}\n"
    second = world.prepare(started_run(world, drawn, changed))
    assert len(world.detector.pictures) == paid > 0
    assert second.run_id != first.run_id
    assert second.crops_kept < first.crops_kept
    assert second.crops_found == first.crops_found


def test_prepare_when_interval_changes_then_shared_frames_are_not_paid_again(
    world: FilmsInMemory, drawn: DrawnFilm
) -> None:
    world.prepare(started_run(world, drawn))
    paid = len(world.detector.pictures)
    slower = SHORT_CHUNKS + b"crop: {padding: 0.2}\n"
    summary = world.prepare(started_run(world, drawn, slower))
    assert len(world.detector.pictures) == paid
    assert next(
        use.paid for use in summary.usage if use.item == "rekognition.detect-labels"
    ) == 0  # fmt: skip


def test_sample_when_chunk_is_done_then_a_repeat_does_nothing(
    world: FilmsInMemory, drawn: DrawnFilm
) -> None:
    run = started_run(world, drawn)
    world.claim(run)
    chunks = world.probe(run)
    assert len(chunks) > 1
    assert world.sample(run, chunks[0]).usage() != ()
    assert world.sample(run, chunks[0]).usage() == ()


def test_prepare_when_execution_died_then_uploading_again_takes_over_and_reuses(
    world: FilmsInMemory, drawn: DrawnFilm
) -> None:
    run = started_run(world, drawn)
    arn = world.claim(run)
    world.sample(run, world.probe(run)[0])
    paid = len(world.detector.pictures)
    world.executions.finish(arn)
    assert world.route(world.event(KEY, "upload-2")).outcome == "started"
    again = world.started()
    assert (again.run_id, again.attempt) == (run.run_id, 2)
    summary = world.prepare(again)
    assert len(world.detector.pictures) < 2 * paid + summary.frames
    assert summary.frames == 12


def test_prepare_when_references_come_then_crops_are_named_without_sampling_again(
    world: FilmsInMemory, drawn: DrawnFilm
) -> None:
    run = started_run(world, drawn)
    world.prepare(run)
    paid = len(world.detector.pictures)
    crops = read_lines(Crop, world.studio.get(FilmKeys.of(run).crops))
    picture = world.studio.get(crops[0].key)
    assert world.route(world.upload("bunny/characters/Mira/1.jpg", picture)).outcome == "recorded"
    assert world.route(world.event(KEY, "upload-3")).outcome == "started"
    summary = world.prepare(world.started())
    assert summary.named.get("mira", 0) >= 1
    assert len(world.detector.pictures) == paid


def test_prepare_when_reference_is_a_timecode_then_crops_are_named(
    world: FilmsInMemory, drawn: DrawnFilm
) -> None:
    settings = SHORT_CHUNKS + (
        b"naming: {threshold: 0.2, margin: 0}\n"
        b"characters: {mira: {name: Mira, references: "
        b"[{film: drawn.mp4, timecode_seconds: 1, box: [192, 72, 384, 288]}]}}\n"
    )
    summary = world.prepare(started_run(world, drawn, settings))
    assert summary.named.get("mira", 0) >= 1


def test_prepare_when_reference_shows_nothing_then_it_is_told(
    world: FilmsInMemory, drawn: DrawnFilm
) -> None:
    settings = SHORT_CHUNKS + (
        b"characters: {mira: {name: Mira, references: "
        b"[{film: other.mp4, timecode_seconds: 1, box: [0, 0, 9, 9]}]}}\n"
    )
    summary = world.prepare(started_run(world, drawn, settings))
    assert any("other.mp4" in notice for notice in summary.notices)


def test_prepare_when_no_figure_is_found_then_a_clear_end_without_crops(drawn: DrawnFilm) -> None:
    world = FilmsInMemory(FakeLabels(()))
    summary = world.prepare(started_run(world, drawn))
    assert summary.crops_kept == 0
    assert summary.rejected[RejectReason.NO_FIGURE] > 0
    assert "no pictures were kept" in world.mailbox.mails[0].subject


def test_prepare_when_a_model_answers_prose_then_told_on_page_and_in_the_mail_and_not_paid_twice(
    drawn: DrawnFilm,
) -> None:
    world = FilmsInMemory()
    world.grounding = model = FakeCaptionModel("I see somebody.", model="amazon.nova-pro-v1:0")
    run = started_run(world, drawn, SHORT_CHUNKS + b"finder: {kind: grounding}\n")
    summary = world.prepare(run)
    assert summary.crops_kept == 0
    unusable = summary.rejected[RejectReason.NO_ANSWER]
    assert len(model.asked) == 2 * unusable > 0
    assert RejectReason.NO_FIGURE not in summary.rejected
    (mail,) = world.mailbox.mails
    assert f"{unusable}  for which the finder had no usable answer" in mail.body
    report = world.studio.get(FilmKeys.of(run).report).decode()
    assert "No usable answer about the figures here" in report
    assert "Asking for boxes: answers" in report


def test_prepare_when_the_film_was_missing_in_the_newest_dataset_and_comes_back_then_collected(
    world: FilmsInMemory, drawn: DrawnFilm
) -> None:
    run = started_run(world, drawn)
    world.prepare(run)
    body = GenerationBody(
        attempt=1, runs=(run.run_id,), last_prepared_at=world.clock(), correlation_id="upload-1"
    )
    GENERATIONS.create(
        world.registry, "bunny", "g0001", status=GenerationStatus.CLOSED, body=body,
        now=world.clock(),
    )  # fmt: skip
    world.uploads.delete_prefix("bunny/films/")
    calls = len(world.executions.payloads)
    moved = world.upload("bunny/films/day1/renamed.mov", drawn.path.read_bytes())
    assert world.route(moved).outcome == "already_prepared"
    (started,) = list(world.executions.payloads)[calls:]
    assert ":TrainModel:bunny-g0002-1" in started
    (film,), notices = current_films("bunny", world.registry, world.uploads)
    assert (film.run, notices) == (run, ())


@pytest.mark.parametrize("name", ["\u53f2", "\U0001f430", "Cafe\u0301", "Big Buck"])
def test_prepare_when_a_character_has_any_name_then_people_read_it_as_typed(
    world: FilmsInMemory, drawn: DrawnFilm, name: str
) -> None:
    first = started_run(world, drawn)
    world.prepare(first)
    crop = read_lines(Crop, world.studio.get(FilmKeys.of(first).crops))[0]
    world.route(world.upload(f"bunny/characters/{name}/1.jpg", world.studio.get(crop.key)))
    world.route(world.event(KEY, "upload-2"))
    world.clock.advance(seconds=DIGEST_INTERVAL.total_seconds())  # a mail of its own
    run = world.started()
    summary = world.prepare(run)
    shown = unicodedata.normalize("NFC", name)
    assert list(summary.character_names.values()) == [shown]
    assert f"  {shown}\n" in world.mailbox.mails[-1].body
    assert shown in world.studio.get(FilmKeys.of(run).report).decode()
