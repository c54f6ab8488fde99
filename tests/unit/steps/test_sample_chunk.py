from __future__ import annotations

import numpy as np
import pytest
from drawn.films import DrawnFilm
from fakes.embedder import FakeEmbedder
from fakes.films_in_memory import FilmsInMemory
from fakes.labels import FakeLabels, figure
from fakes.object_store import InMemoryObjectStore

from onmodel.contracts.arrays import Pixels
from onmodel.contracts.base import Box, ObjectRef
from onmodel.contracts.crops import Crop, Detection, Rejected, RejectReason, Thumbnail
from onmodel.contracts.films import Chunk, ChunkResult, FilmFacts, Run, StateError
from onmodel.contracts.keys import FilmKeys
from onmodel.contracts.settings import Settings
from onmodel.errors import FilmRefused, NotFound, Throttled, message_of
from onmodel.films.cutting import FigureCutter
from onmodel.films.near_duplicates import with_tracks
from onmodel.formats.jsonl import read_lines
from onmodel.formats.npy import from_npy
from onmodel.ports.finder import Finder, FrameDetections, RefusedBox
from onmodel.ports.models import Label
from onmodel.steps.sample_chunk import (
    BYTES_IN_FLIGHT,
    FRAMES_IN_FLIGHT,
    _frames_in_flight,
)
from onmodel.video.sampling.frames import Frame
from onmodel.video.sampling.mixtures import AT_BORDERS

KEY = "bunny/films/drawn.mp4"
FIGURE = figure(0.3, 0.2, 0.3, 0.6)
TINY = figure(0.8, 0.8, 0.02, 0.02)


class ThrottledAfter:
    """Answers a number of pictures, then asks to slow down."""

    def __init__(self, answers: int) -> None:
        self.left = answers

    def detect(self, jpeg: bytes) -> tuple[Label, ...]:
        if self.left <= 0:
            raise Throttled("slow down")
        self.left -= 1
        return (FIGURE,)


def probed(world: FilmsInMemory, drawn: DrawnFilm) -> tuple[Run, Chunk]:
    world.upload("bunny/settings.yaml", b"sampling: {chunk_seconds: 5}\n")
    world.route(world.upload(KEY, drawn.path.read_bytes()))
    run = world.started()
    return run, world.probe(run)[0]


def test_sample_when_chunk_is_good_then_all_its_files_agree(drawn: DrawnFilm) -> None:
    world = FilmsInMemory(FakeLabels((FIGURE, TINY)))
    run, chunk = probed(world, drawn)
    world.sample(run, chunk)
    at = FilmKeys.of(run).chunk(chunk.index)
    result = ChunkResult.model_validate_json(world.studio.get(at.done))
    crops = read_lines(Crop, world.studio.get(at.crops))
    assert result.crops == len(crops) == len(from_npy(world.studio.get(at.vectors))) > 0
    rejected = read_lines(Rejected, world.studio.get(at.rejected))
    assert result.rejected == len(rejected)
    assert len(result.borders.first) == len(result.borders.last) == min(AT_BORDERS, result.frames)
    shown = {line.id for line in read_lines(Thumbnail, world.studio.get(at.thumbnails))}
    assert {crop.crop_id for crop in crops} <= shown
    small = [line for line in rejected if line.reason is RejectReason.TOO_SMALL]
    assert {crop.timecode_seconds for crop in crops} & {line.timecode_seconds for line in small}
    assert {f"frame-{round(1000 * line.timecode_seconds):09d}" for line in rejected} <= shown
    assert all(chunk.start_seconds <= crop.timecode_seconds < chunk.end_seconds for crop in crops)


def test_sample_when_done_then_a_repeat_does_nothing(drawn: DrawnFilm) -> None:
    world = FilmsInMemory(FakeLabels((FIGURE,)))
    run, chunk = probed(world, drawn)
    assert world.sample(run, chunk).usage() != ()
    assert world.sample(run, chunk).usage() == ()


def test_sample_when_throttled_half_way_then_a_retry_pays_only_for_the_rest(
    drawn: DrawnFilm,
) -> None:
    whole = FilmsInMemory(FakeLabels((FIGURE,)))
    run, chunk = probed(whole, drawn)
    whole.sample(run, chunk)
    needed = len(whole.detector.pictures)

    world = FilmsInMemory(ThrottledAfter(2))
    run, chunk = probed(world, drawn)
    with pytest.raises(Throttled):
        world.sample(run, chunk)
    with pytest.raises(NotFound):
        world.studio.get(FilmKeys.of(run).chunk(chunk.index).done)
    world.detector = FakeLabels((FIGURE,))
    world.sample(run, chunk)
    assert len(world.detector.pictures) == needed - 2


def test_sample_when_a_wide_label_has_no_box_then_the_whole_frame_flagged(
    drawn: DrawnFilm,
) -> None:
    world = FilmsInMemory(FakeLabels((Label(name="Cartoon", confidence=90),)))
    run, chunk = probed(world, drawn)
    world.sample(run, chunk)
    crops = read_lines(Crop, world.studio.get(FilmKeys.of(run).chunk(0).crops))
    assert crops
    assert all(crop.wide and (crop.box.width, crop.box.height) == (1280, 720) for crop in crops)


def test_sample_when_figures_are_tiny_then_dropped_as_too_small(drawn: DrawnFilm) -> None:
    world = FilmsInMemory(FakeLabels((figure(0.3, 0.2, 0.05, 0.05),)))
    run, chunk = probed(world, drawn)
    world.sample(run, chunk)
    at = FilmKeys.of(run).chunk(0)
    assert not read_lines(Crop, world.studio.get(at.crops))
    rejected = read_lines(Rejected, world.studio.get(at.rejected))
    assert {line.reason for line in rejected} == {"too_small"}


def test_sample_when_the_film_cannot_be_decoded_then_its_reason_lies_where_refuse_film_looks(
    drawn: DrawnFilm,
) -> None:
    world = FilmsInMemory(FakeLabels((FIGURE,)))
    run, chunk = probed(world, drawn)
    source = run.source.model_copy(update={"key": "bunny/films/other.mp4", "version_id": None})
    size = drawn.path.stat().st_size
    world.uploads.put("bunny/films/other.mp4", b"\0" * size, "video/mp4")
    keys = FilmKeys.of(run)
    world.studio.put(keys.packets, b"", "application/octet-stream")
    with pytest.raises(FilmRefused):
        world.sample(run.model_copy(update={"source": source}), chunk)
    assert b"FilmRefused" in world.studio.get(keys.refusal)


class Broken:
    def detect(self, jpeg: bytes) -> tuple[Label, ...]:
        raise KeyError("BoundingBox")


def test_sample_when_it_breaks_off_then_the_fault_lies_where_refuse_film_looks(
    drawn: DrawnFilm,
) -> None:
    world = FilmsInMemory(Broken())
    run, chunk = probed(world, drawn)
    with pytest.raises(KeyError):
        world.sample(run, chunk)
    answer = StateError.model_validate_json(world.studio.get(FilmKeys.of(run).refusal))
    assert message_of(answer.Error, answer.Cause) == "KeyError: 'BoundingBox'"


@pytest.mark.parametrize(
    ("width", "height", "frames"),
    [
        (640, 360, FRAMES_IN_FLIGHT),
        (1000, BYTES_IN_FLIGHT // 12_000, 4),
        (1000, BYTES_IN_FLIGHT // 12_000 + 1, 3),
        (30_000, 30_000, 2),
    ],
)
def test_frames_in_flight_when_frames_are_larger_then_fewer_but_never_one(
    width: int, height: int, frames: int
) -> None:
    facts = FilmFacts(
        container="mp4", codec="h264", width=width, height=height, duration_seconds=1,
        frames_per_second=25, picture=Box(left=0, top=0, width=width, height=height), size_bytes=1,
    )  # fmt: skip
    assert _frames_in_flight(facts) == frames


def test_sample_when_two_figures_have_the_same_window_then_two_crops_of_two_ids(
    drawn: DrawnFilm,
) -> None:
    """Each figure fills half of the picture: around both the whole of it is cut."""
    world = FilmsInMemory(FakeLabels((figure(0.0, 0.0, 1.0, 0.5), figure(0.0, 0.5, 1.0, 0.5))))
    world.upload("bunny/settings.yaml", b"sampling: {chunk_seconds: 5}\ncrop: {padding: 1}\n")
    world.route(world.upload(KEY, drawn.path.read_bytes()))
    run = world.started()
    chunk = world.probe(run)[0]
    world.sample(run, chunk)
    crops = read_lines(Crop, world.studio.get(FilmKeys.of(run).chunk(chunk.index).crops))
    assert len({crop.crop_id for crop in crops}) == len(crops)
    assert len({(crop.timecode_seconds, str(crop.window)) for crop in crops}) < len(crops)
    assert all(world.studio.get(crop.key) for crop in crops)


def cutter_with(finder: Finder) -> FigureCutter:
    run = Run(
        production="p", film_id="f", run_id="r", samples_id="s", title="t", attempt=1,
        source=ObjectRef(bucket="b", key="k"), correlation_id="c",
    )  # fmt: skip
    return FigureCutter(
        run, Chunk(index=0, start_seconds=0, end_seconds=1), FilmKeys.of(run), Settings(),
        finder, FakeEmbedder(), InMemoryObjectStore("studio"),
    )  # fmt: skip


def test_cut_when_two_figures_overlap_then_each_crop_knows_the_others() -> None:
    left, right = (
        Detection(box=Box(left=x, top=100, width=400, height=500), label="Person", confidence=90)
        for x in (100, 350)
    )

    class FindsTwo:
        def find(self, pixels: Pixels, picture: Box) -> FrameDetections:
            return FrameDetections((left, right), "")

    whole = Box(left=0, top=0, width=1280, height=720)
    crops = (
        cutter_with(FindsTwo())
        .cut_frame(Frame(0.5, np.zeros((720, 1280, 3), np.uint8), 50, 0, whole))
        .crops
    )
    assert [[(one.box, one.crop_id) for one in crop.others] for crop in crops] == [
        [(crops[1].box, crops[1].crop_id)],
        [(crops[0].box, crops[0].crop_id)],
    ]
    assert all(crop.others[0].is_large for crop in crops)
    tracks = [crop.others[0].track for crop in with_tracks(crops, [7, 8])]
    assert tracks == [8, 7]


def test_cut_when_a_finder_answers_a_box_of_nothing_then_rejected_once_with_its_box() -> None:
    box = Box(left=10, top=0, width=100, height=90)

    class Invents:
        def find(self, pixels: Pixels, picture: Box) -> FrameDetections:
            return FrameDetections((), "a rabbit", refused=(RefusedBox(box, "a rabbit: flat"),))

    whole = Box(left=0, top=0, width=160, height=90)
    frame = Frame(0.5, np.zeros((90, 160, 3), np.uint8), 50, 0, whole)
    (line,) = cutter_with(Invents()).cut_frame(frame).rejected
    assert (line.reason, line.detail, line.box) == (RejectReason.INVENTED, "a rabbit: flat", box)
